/**
 * Which repository has what. `edges` say what a manifest needs, in any repository. `claimed_at` is when a push last
 * relied on content. `condemned` blobs belong to nobody, and their files may go at any moment. `damaged` files were found
 * to be so when they were read, and count as missing until they are replaced.
 */
const CONTENT = `
  create table repositories (name text primary key, pushed_at integer not null) strict, without rowid;
  create table blobs (
    repository text not null, digest text not null, claimed_at integer not null,
    primary key (repository, digest)
  ) strict, without rowid;
  create index blobs_digest on blobs (digest);
  create table manifests (
    repository text not null, digest text not null, descriptor text not null, subject text,
    claimed_at integer not null,
    primary key (repository, digest)
  ) strict, without rowid;
  create index manifests_digest on manifests (digest);
  create index manifests_subject on manifests (repository, subject) where subject is not null;
  create table edges (
    parent text not null, child text not null, primary key (parent, child)
  ) strict, without rowid;
  create index edges_child on edges (child);
  create table condemned (digest text primary key) strict, without rowid;
  create table damaged (digest text primary key) strict, without rowid;
  create table uploads (
    id text primary key, repository text not null, holder text not null, touched_at integer not null
  ) strict, without rowid;
`

/**
 * `entry` is what stands in `index.json` for a tag, without its name; `others` are entries there that are nobody's tags.
 * `index_file` says of that file what it held and was when it was last written (see `IndexWriter`). `leases`: see `Leases`.
 */
const TAGS_AND_LEASES = `
  create table tags (
    repository text not null, tag text not null, digest text not null, entry text not null,
    primary key (repository, tag)
  ) strict, without rowid;
  create index tags_digest on tags (repository, digest);
  create table tag_counts (
    repository text primary key, organization text not null, count integer not null
  ) strict, without rowid;
  create index tag_counts_organization on tag_counts (organization);
  create trigger tag_added after insert on tags begin
    insert into tag_counts (repository, organization, count)
      values (new.repository, substr(new.repository, 1, instr(new.repository || '/', '/') - 1), 1)
      on conflict do update set count = count + 1;
  end;
  create trigger tag_removed after delete on tags begin
    update tag_counts set count = count - 1 where repository = old.repository;
  end;
  create table others (position integer primary key, digest text not null, entry text not null) strict;
  create table index_file (
    head text not null, identity text, hash text, next_hash text,
    changes integer not null, written integer not null
  ) strict;
  insert into index_file (head, changes, written) values ('{"schemaVersion":2}', 0, -1);
  create table leases (
    id text primary key, kind text not null, repository text not null, holder text not null,
    since integer not null, seen_at integer not null, has_ended integer not null
  ) strict, without rowid;
  create index leases_repository on leases (repository, kind);
  create table lease_digests (
    lease text not null, digest text not null, primary key (lease, digest)
  ) strict, without rowid;
  create trigger lease_removed after delete on leases begin
    delete from lease_digests where lease = old.id;
  end;
`

/** Tags that go with what needed `root` in a repository, as soon as that is gone. */
const DEPARTING_TAGS = `
  create table departing_tags (
    repository text not null, tag text not null, digest text not null, root text not null,
    primary key (repository, tag)
  ) strict, without rowid;
`

/** Each makes of a catalog what the next begins with. */
export const SCHEMA_STEPS = [CONTENT, TAGS_AND_LEASES, DEPARTING_TAGS]
