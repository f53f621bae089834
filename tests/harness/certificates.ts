import { mkdirSync, writeFileSync } from "node:fs";
import { run } from "./sandbox.ts";

const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];

async function openssl(...words: string[]): Promise<void> {
  const result = await run(["openssl", ...words]);
  if (result.code !== 0) throw new Error(`openssl ${words[0]}: ${result.stderr}`);
}

/** An authority below `folder`, named by its files `ca.pem` and `ca-key.pem`. */
export async function makeAuthority(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const files = ["-keyout", `${folder}/ca-key.pem`, "-out", `${folder}/ca.pem`];
  await openssl("req", "-x509", ...newKey, "-days", "2", "-subj", "/CN=test", ...files);
}

/** A certificate for this machine, signed by the authority: `<prefix>cert.pem` and `<prefix>key.pem`. */
export async function makeCertificate(folder: string, prefix: string, usage: "serverAuth" | "clientAuth"): Promise<void> {
  const [key, request, extensions] = [`${folder}/${prefix}key.pem`, `${folder}/${prefix}.csr`, `${folder}/${prefix}.ext`];
  writeFileSync(extensions, `subjectAltName=IP:127.0.0.1,DNS:localhost\nextendedKeyUsage=${usage}\n`);
  await openssl("req", ...newKey, "-subj", "/CN=localhost", "-keyout", key, "-out", request);
  const signer = ["-CA", `${folder}/ca.pem`, "-CAkey", `${folder}/ca-key.pem`, "-CAcreateserial"];
  await openssl("x509", "-req", "-days", "2", "-in", request, ...signer, "-extfile", extensions, "-out", `${folder}/${prefix}cert.pem`);
}
