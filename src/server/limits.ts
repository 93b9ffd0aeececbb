/** What one client may take of a server. Times are in milliseconds. */
export interface Limits {
  /** Until the head of a request is there; the same for a TLS handshake. */
  head: number
  /** Until the whole body of a request to the API is there, of a login to the registry, or of a manifest. */
  body: number
  /** How long a client may neither send nor take anything in the middle of a request. */
  idle: number
  /** How long a connection is kept for the next request. */
  keepAlive: number
  /** How long, and up to how many bytes, the rest of a body is still taken when its request is answered already. */
  rest: number
  restBytes: number
  /** Connections at once. */
  connections: number
  /** Streams of changes at once, and those of one token. */
  streams: number
  streamsOfOne: number
  /** How long such a stream says nothing before it says that. */
  heartbeat: number
  /** Bundles that are taken in at once. */
  imports: number
}

/** As docs/server.md tells them. */
export const LIMITS: Readonly<Limits> = {
  head: 10_000,
  body: 30_000,
  idle: 60_000,
  keepAlive: 65_000,
  rest: 10_000,
  restBytes: 16 << 20,
  connections: 2000,
  streams: 500,
  streamsOfOne: 50,
  heartbeat: 15_000,
  imports: 4,
}
