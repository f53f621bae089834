import { mkdirSync, writeFileSync } from "node:fs";
import { run } from "../harness/sandbox.ts";

async function openssl(...words: string[]): Promise<void> {
  const result = await run(["openssl", ...words]);
  if (result.code !== 0) throw new Error(`openssl ${words[0]}: ${result.stderr}`);
}

/** Makes an authority below `folder`: `ca.pem` and `ca-key.pem`. */
export async function makeAuthority(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const out = ["-keyout", `${folder}/ca-key.pem`, "-out", `${folder}/ca.pem`];
  await openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=test", ...out);
}

/** Makes a certificate signed by the authority: `<prefix>cert.pem` and `<prefix>key.pem`. */
export async function makeCertificate(
  folder: string,
  options: { readonly prefix: string; readonly usage: "serverAuth" | "clientAuth"; readonly names: string },
): Promise<void> {
  const file = (name: string): string => `${folder}/${options.prefix}${name}`;
  writeFileSync(file("ext"), `subjectAltName=${options.names}\nextendedKeyUsage=${options.usage}\n`);
  await openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=x", "-keyout", file("key.pem"), "-out", file("csr"));
  const signer = ["-CA", `${folder}/ca.pem`, "-CAkey", `${folder}/ca-key.pem`, "-CAcreateserial"];
  await openssl("x509", "-req", "-days", "2", "-in", file("csr"), ...signer, "-extfile", file("ext"), "-out", file("cert.pem"));
}
