import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { buildBusyboxImage } from "../harness/busybox-image.ts";
import { berthCommand, loadImage, type RunningEngine, startBerth } from "../harness/engines.ts";
import { openSandbox, type RunResult, type Sandbox } from "../harness/sandbox.ts";
import { makeAuthority, makeCertificate } from "./pki.ts";
import { makeSsh, type SshStandIn } from "./ssh-stand-in.ts";

const plainPort = 2375;
const tlsPort = 2376;
const docker = ["/usr/local/bin/docker", "/usr/bin/docker"].filter((path) => existsSync(path));

let sandbox: Sandbox;
let engine: RunningEngine;
let pki = "";
let ssh: SshStandIn;
let settings = "";

beforeAll(async () => {
  sandbox = await openSandbox("remote");
  pki = `${sandbox.folder}/pki`;
  settings = `${sandbox.folder}/settings`;
  mkdirSync(settings);
  await makeAuthority(pki);
  await makeCertificate(pki, { prefix: "server-", usage: "serverAuth", names: "IP:127.0.0.1,DNS:localhost" });
  await makeCertificate(pki, { prefix: "", usage: "clientAuth", names: "DNS:client" });
  await makeAuthority(`${pki}/stranger`);
  await makeCertificate(`${pki}/stranger`, { prefix: "", usage: "clientAuth", names: "DNS:client" });
  const files = ["--tlscacert", `${pki}/ca.pem`, "--tlscert", `${pki}/server-cert.pem`, "--tlskey", `${pki}/server-key.pem`];
  const tls = ["-H", `tcp://127.0.0.1:${tlsPort}`, "--tlsverify", ...files];
  engine = await startBerth(sandbox, { flags: tls });
  await loadImage(engine, buildBusyboxImage("busybox:latest").archive);
  // One without TLS beside it, which has no containers.
  await startBerth(sandbox, { name: "plain", flags: ["-H", `tcp://127.0.0.1:${plainPort}`, "--bridge", "none"] });
  ssh = makeSsh(`${sandbox.folder}/ssh`, { programs: ["berth", "docker"], host: `unix://${engine.socket}` });
  const material = `ca=${pki}/ca.pem,cert=${pki}/cert.pem,key=${pki}/key.pem`;
  expect(await berth(["context", "create", "secure", "--docker", `host=${onTls},${material}`])).toMatchObject({
    code: 0,
    stdout: "secure\n",
  });
  expect(await berth(["context", "create", "far", "--docker", "host=ssh://ann@far.example"])).toMatchObject({ code: 0, stdout: "far\n" });
}, 60_000);
afterAll(async () => {
  await sandbox?.close();
}, 30_000);

function call(
  program: string,
  words: readonly string[],
  options: { input?: string; env?: Record<string, string> } = {},
): Promise<RunResult> {
  const env = { ...ssh.env, DOCKER_CONFIG: settings, ...options.env };
  return sandbox.run([program, ...words], { env, timeoutMs: 50_000, ...(options.input === undefined ? {} : { input: options.input }) });
}

const berth = (words: readonly string[], options?: Parameters<typeof call>[2]): Promise<RunResult> => call(berthCommand(), words, options);
const tlsFlags = (): string[] => [
  "--tlsverify",
  "--tlscacert",
  `${pki}/ca.pem`,
  "--tlscert",
  `${pki}/cert.pem`,
  "--tlskey",
  `${pki}/key.pem`,
];

interface Way {
  readonly name: string;
  readonly program: string;
  /** Flags before the command. */
  readonly flags: () => string[];
  readonly env?: () => Record<string, string>;
}

const onTls = `tcp://127.0.0.1:${tlsPort}`;
const ways: readonly Way[] = [
  { name: "berth by TLS", program: "berth", flags: () => ["-H", onTls, ...tlsFlags()] },
  {
    name: "berth by TLS, from the environment",
    program: "berth",
    flags: () => [],
    env: () => ({ DOCKER_HOST: onTls, DOCKER_TLS_VERIFY: "1", DOCKER_CERT_PATH: pki }),
  },
  { name: "berth by ssh", program: "berth", flags: () => ["-H", "ssh://ann@far.example:2222"] },
  { name: "berth by ssh, with the path of a socket", program: "berth", flags: () => ["-H", `ssh://far.example${engine.socket}`] },
  { name: "berth by a context with TLS", program: "berth", flags: () => ["--context", "secure"] },
  { name: "berth by a context with ssh", program: "berth", flags: () => ["-c", "far"] },
  ...docker.flatMap((program): Way[] => [
    { name: `${program} by TLS`, program, flags: () => ["-H", onTls, ...tlsFlags()] },
    { name: `${program} by ssh`, program, flags: () => ["-H", "ssh://ann@far.example:2222"] },
    { name: `${program} by berth's context with ssh`, program, flags: () => ["-c", "far"] },
  ]),
];

describe.each([...ways])("$name", ({ program, flags, env }) => {
  const client = (words: readonly string[], input?: string): Promise<RunResult> =>
    call(program === "berth" ? berthCommand() : program, [...flags(), ...words], {
      env: env?.() ?? {},
      ...(input === undefined ? {} : { input }),
    });

  test("run, exec, logs, cp, export, attach: streams go both ways and end one by one", async () => {
    expect(await client(["version", "--format", "{{.Server.APIVersion}}"])).toMatchObject({ code: 0, stdout: "1.51\n" });
    const script = "cat; echo err >&2; exit 7";
    expect(await client(["run", "--rm", "-i", "busybox", "sh", "-c", script], "typed\n")).toEqual({
      code: 7,
      stdout: "typed\n",
      stderr: "err\n",
    });
    const large = "0123456789abcde\n".repeat(100_000);
    const counted = await client(["run", "--rm", "-i", "busybox", "sh", "-c", "cat"], large);
    expect([counted.code, counted.stdout === large, counted.stderr]).toEqual([0, true, ""]);
    expect(await client(["run", "-d", "--name", "web", "busybox", "sh", "-c", "echo ready; exec sleep 1000"])).toMatchObject({ code: 0 });
    try {
      expect(await client(["exec", "-i", "web", "sh", "-c", "cat; exit 5"], "in\n")).toEqual({ code: 5, stdout: "in\n", stderr: "" });
      expect(await client(["logs", "web"])).toEqual({ code: 0, stdout: "ready\n", stderr: "" });
      writeFileSync(`${sandbox.folder}/note`, large);
      expect(await client(["cp", `${sandbox.folder}/note`, "web:/note"])).toMatchObject({ code: 0 });
      expect((await client(["exec", "web", "wc", "-c", "/note"])).stdout).toBe(`${large.length} /note\n`);
      const exported = await client(["export", "-o", `${sandbox.folder}/web.tar`, "web"]);
      expect(exported).toMatchObject({ code: 0, stderr: "" });
      expect((await sandbox.run(["tar", "-xOf", `${sandbox.folder}/web.tar`, "note"])).stdout).toBe(large);
      expect((await client(["exec", "nothing", "true"])).stderr).toContain("No such container: nothing");
      expect((await client(["inspect", "-f", "{{.Name}}", "web"])).stdout).toBe("/web\n");
    } finally {
      expect(await client(["rm", "-f", "web"])).toMatchObject({ code: 0, stdout: "web\n" });
    }
  }, 120_000);
});

test("what ssh is called with", async () => {
  expect(await berth(["-H", "ssh://ann@far.example:2222", "ps", "-q"])).toEqual({ code: 0, stdout: "", stderr: "" });
  expect(ssh.calls().at(-1)).toStartWith("-T -o ConnectTimeout=30 -l ann -p 2222 -- far.example sh -c ");
});

test("one connection serves the calls of a command that follow one another", async () => {
  const before = ssh.calls().length;
  expect(await berth(["-c", "far", "create", "--name", "one", "busybox", "true"])).toMatchObject({ code: 0 });
  expect(await berth(["-c", "far", "rm", "one"])).toMatchObject({ code: 0 });
  expect(ssh.calls().length - before).toBe(2);
});

describe("failures say what is wrong and what to do", () => {
  const failures: readonly { readonly what: string; readonly words: () => string[]; readonly says: string; readonly advice: string }[] = [
    {
      what: "no TLS on a port with TLS",
      words: () => ["-H", onTls],
      says: "closed without an answer",
      advice: "--tlsverify",
    },
    {
      what: "TLS on a port without",
      words: () => ["-H", `tcp://127.0.0.1:${plainPort}`, ...tlsFlags()],
      says: "it does not talk TLS",
      advice: "DOCKER_TLS_VERIFY",
    },
    {
      what: "an authority that did not sign",
      words: () => ["-H", onTls, "--tlsverify", "--tlscacert", `${pki}/stranger/ca.pem`],
      says: "not signed by an authority that is trusted",
      advice: "--tlscacert",
    },
    {
      what: "no certificate where one is asked for",
      words: () => ["-H", onTls, "--tlsverify", "--tlscacert", `${pki}/ca.pem`],
      says: "client's certificate",
      advice: "--tlscert",
    },
    {
      what: "a missing file",
      words: () => ["-H", onTls, "--tlsverify", "--tlscacert", `${pki}/nothing.pem`],
      says: `${"nothing.pem"} is missing`,
      advice: "",
    },
    { what: "ssh that cannot connect", words: () => ["-H", "ssh://refused"], says: "Connection refused", advice: "ssh refused" },
    { what: "a port where nobody listens", words: () => ["-H", "tcp://127.0.0.1:1"], says: "connection refused", advice: "berth daemon" },
    { what: "a missing context", words: () => ["-c", "nowhere"], says: 'context "nowhere": context not found', advice: "berth context ls" },
    { what: "host and context", words: () => ["-c", "far", "-H", onTls], says: "either specify --host or --context", advice: "" },
    { what: "an address that is none", words: () => ["-H", "gopher://x"], says: 'invalid host "gopher://x"', advice: "ssh://" },
  ];
  for (const { what, words, says, advice } of failures) {
    for (const command of [["ps"], ["exec", "web", "true"], ["attach", "web"]]) {
      test(`${what}: ${command[0]}`, async () => {
        const { code, stdout, stderr } = await berth([...words(), ...command]);
        expect([code, stdout]).toEqual([1, ""]);
        expect(stderr).toContain(says);
        expect(stderr).toContain(advice);
        expect(stderr).not.toContain("    at ");
      }, 30_000);
    }
  }
});
