import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { createServer } from "node:tls";
import { makeAuthority, makeCertificate } from "../../harness/certificates.ts";
import { sha256 } from "../../harness/busybox-image.ts";
import type { CaseContext, DifferentialCase } from "../case.ts";

/** Runs a line that names its engine itself. What is wrong is told in everyone's own words. */
async function look(
  context: CaseContext,
  label: string,
  words: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<void> {
  const { code, stdout } = await context.cli(words, { bare: true, env: { DOCKER_CONFIG: `${context.sandbox.folder}/none`, ...env } });
  context.see(label, { code, stdout });
}

/** Settings with two named engines: one that answers, one that nobody runs. */
function writeSettings(context: CaseContext): string {
  const folder = `${context.sandbox.folder}/settings`;
  for (const [name, host] of [
    ["near", `unix://${context.engine.socket}`],
    ["gone", "unix:///nonexistent.sock"],
  ] as const) {
    const place = `${folder}/contexts/meta/${sha256(Buffer.from(name))}`;
    mkdirSync(place, { recursive: true });
    const endpoints = { docker: { Host: host, SkipTLSVerify: false } };
    writeFileSync(`${place}/meta.json`, JSON.stringify({ Name: name, Metadata: {}, Endpoints: endpoints }));
  }
  writeFileSync(`${folder}/config.json`, JSON.stringify({ currentContext: "near", psFormat: "{{.Names}} by settings" }));
  return folder;
}

/** An engine's socket behind TLS on a port of this machine. */
async function withTls(
  context: CaseContext,
  asksClients: boolean,
  body: (host: string, certificates: string) => Promise<void>,
): Promise<void> {
  const certificates = `${context.sandbox.folder}/certificates${asksClients ? "" : "-2"}`;
  await makeAuthority(certificates);
  await makeCertificate(certificates, "server-", "serverAuth");
  await makeCertificate(certificates, "", "clientAuth");
  await makeAuthority(`${certificates}/stranger`);
  const read = (name: string): Buffer => readFileSync(`${certificates}/${name}`);
  const server = createServer(
    {
      ca: read("ca.pem"),
      cert: read("server-cert.pem"),
      key: read("server-key.pem"),
      requestCert: asksClients,
      rejectUnauthorized: asksClients,
    },
    (client) => {
      const engine = connect(context.engine.socket);
      client.pipe(engine).pipe(client);
      client.on("error", () => engine.destroy());
      engine.on("error", () => client.destroy());
    },
  );
  // Those who do not trust the server end the handshake.
  server.on("tlsClientError", () => undefined);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  try {
    await body(`tcp://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`, certificates);
  } finally {
    server.close();
  }
}

const ps = ["ps", "-a", "--format", "{{.Names}}"];

/** Flags before the command. */
export const globals: readonly DifferentialCase[] = [
  {
    name: "global flags: host",
    run: async (context) => {
      await context.create("there");
      const host = `unix://${context.engine.socket}`;
      await look(context, "--host", ["--host", host, ...ps]);
      await look(context, "-H", ["-H", host, ...ps]);
      await look(context, "--host=", [`--host=${host}`, ...ps]);
      await look(context, "twice", ["-H", host, "-H", host, ...ps]);
      await look(context, "nobody there", ["-H", "unix:///nonexistent.sock", ...ps]);
      await look(context, "no such protocol", ["-H", "bogus://x", ...ps]);
      await look(context, "by the environment", ps, { DOCKER_HOST: host });
      await look(context, "rather the flag", ["-H", host, ...ps], { DOCKER_HOST: "unix:///nonexistent.sock" });
      await look(context, "behind the command", ["ps", "-H", host]);
    },
  },
  {
    name: "global flags: config and context",
    run: async (context) => {
      await context.create("there");
      const settings = writeSettings(context);
      const host = `unix://${context.engine.socket}`;
      await look(context, "--config", ["--config", settings, "ps", "-a"]);
      await look(context, "--config that is not there", ["--config", "/nonexistent", "--host", host, ...ps]);
      await look(context, "by the environment", ["ps", "-a"], { DOCKER_CONFIG: settings });
      await look(context, "--context", ["--config", settings, "--context", "near", ...ps]);
      await look(context, "-c", ["--config", settings, "-c", "gone", ...ps]);
      await look(context, "--context nope", ["--config", settings, "--context", "nope", ...ps]);
      await look(context, "context and host", ["--config", settings, "--context", "near", "--host", host, ...ps]);
      await look(context, "host before the current context", ["--config", settings, "--host", host, ...ps]);
      await look(context, "the environment before the current context", ["--config", settings, ...ps], {
        DOCKER_HOST: "unix:///nonexistent.sock",
      });
      await look(context, "context by the environment", ["--config", settings, ...ps], { DOCKER_CONTEXT: "gone" });
      await look(context, "which", ["--config", settings, "version", "--format", "{{.Client.Context}}"]);
      await look(context, "default", ["--config", settings, "--context", "default", "version", "--format", "{{.Client.Context}}"], {
        DOCKER_HOST: host,
      });
    },
  },
  {
    name: "global flags: debug, log-level, version",
    run: async (context) => {
      const host = `unix://${context.engine.socket}`;
      await look(context, "--debug", ["--debug", "-H", host, "info", "--format", "{{.ClientInfo.Debug}}"]);
      await look(context, "-D", ["-D", "-H", host, ...ps]);
      await look(context, "--debug=false", ["--debug=false", "-H", host, "info", "--format", "{{.ClientInfo.Debug}}"]);
      for (const level of ["debug", "info", "warn", "error", "fatal", "bogus"])
        await look(context, `--log-level ${level}`, ["--log-level", level, "-H", host, ...ps]);
      await look(context, "-l", ["-l", "bogus", "-H", host, ...ps]);
      for (const flag of ["--version", "-v"]) {
        const { code, stdout } = await context.cli([flag], { bare: true });
        context.see(flag, { code, shape: /^\S+ version \S+, build \S+\n$/.test(stdout) });
      }
      await look(context, "no such flag", ["--bogus", ...ps]);
    },
  },
  {
    name: "global flags: TLS, with clients' certificates",
    run: (context) =>
      withTls(context, true, async (host, certificates) => {
        await context.create("there");
        const files = [
          "--tlscacert",
          `${certificates}/ca.pem`,
          "--tlscert",
          `${certificates}/cert.pem`,
          "--tlskey",
          `${certificates}/key.pem`,
        ];
        await look(context, "--tlsverify", ["-H", host, "--tlsverify", ...files, ...ps]);
        await look(context, "exec through it", ["-H", host, "--tlsverify", ...files, "run", "--rm", "-i", "busybox", "echo", "through"]);
        await look(context, "--tls", ["-H", host, "--tls", ...files, ...ps]);
        await look(context, "by the environment", ["-H", host, ...ps], { DOCKER_TLS_VERIFY: "1", DOCKER_CERT_PATH: certificates });
        await look(context, "no certificate", ["-H", host, "--tlsverify", "--tlscacert", `${certificates}/ca.pem`, ...ps]);
        await look(context, "another authority", [
          "-H",
          host,
          "--tlsverify",
          ...files,
          "--tlscacert",
          `${certificates}/stranger/ca.pem`,
          ...ps,
        ]);
        await look(context, "no such file", ["-H", host, "--tlsverify", ...files, "--tlscacert", "/nonexistent", ...ps]);
        await look(context, "without TLS", ["-H", host, ...ps]);
      }),
  },
  {
    name: "global flags: TLS, clients need no certificate",
    run: (context) =>
      withTls(context, false, async (host, certificates) => {
        await context.create("there");
        await look(context, "--tls", ["-H", host, "--tls", ...ps]);
        await look(context, "--tls=false", ["-H", host, "--tls=false", ...ps]);
        await look(context, "--tlsverify", ["-H", host, "--tlsverify", "--tlscacert", `${certificates}/ca.pem`, ...ps]);
        await look(context, "--tlsverify without an authority", ["-H", host, "--tlsverify", ...ps]);
        await look(context, "--tlsverify=false", ["-H", host, "--tlsverify=false", ...ps]);
      }),
  },
];
