import { generate } from "selfsigned"

export interface Certificate {
  key: string
  cert: string
}

/** An authority, and a server and a client certificate signed by it, made on the fly. */
export async function makeCertificates(): Promise<{
  authority: Certificate
  server: Certificate
  client: Certificate
}> {
  const authority = await make("Waybill test authority", undefined)
  return {
    authority,
    server: await make("localhost", authority),
    client: await make("waybill test client", authority),
  }
}

async function make(commonName: string, authority: Certificate | undefined): Promise<Certificate> {
  const pems = await generate([{ name: "commonName", value: commonName }], {
    keyType: "ec",
    algorithm: "sha256",
    ...(authority === undefined ? {} : { ca: authority }),
    extensions: [
      { name: "basicConstraints", cA: authority === undefined, critical: true },
      {
        name: "keyUsage",
        digitalSignature: true,
        keyCertSign: authority === undefined,
        critical: true,
      },
      {
        name: "subjectAltName",
        altNames: [
          { type: 2, value: "localhost" },
          { type: 7, ip: "127.0.0.1" },
        ],
      },
    ],
  })
  return { key: pems.private, cert: pems.cert }
}
