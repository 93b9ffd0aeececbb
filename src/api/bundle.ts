/** Of a bundle: a tar file that is an OCI image layout as well. */
export const BUNDLE_TYPE = "application/x-tar"
