/** Media type of the release manifest, and artifact type of the release artifact and of the release index. */
export const RELEASE_TYPE = "application/vnd.waybill.release.v1+json"
