import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import path from "node:path";
import { buildBusyboxImage } from "../harness/busybox-image.ts";
import { makeAuthority, makeCertificate } from "../harness/certificates.ts";
import { demultiplex } from "../harness/engine-api.ts";
import { berthCommand, loadImage, type RunningEngine, startBerth } from "../harness/engines.ts";
import { openSandbox, type RunResult, type Sandbox } from "../harness/sandbox.ts";

const plainPort = "2375";
const tlsPort = "2376";
const clients = ["/usr/bin/docker", "/usr/local/bin/docker"].filter((file) => existsSync(file));

let sandbox: Sandbox;
/** With TLS, and clients' certificates asked for. */
let secure: RunningEngine;
/** Plain TCP on loopback. */
let plain: RunningEngine;
let certificates = "";

beforeAll(async () => {
  sandbox = await openSandbox("tls");
  certificates = path.join(sandbox.folder, "certificates");
  await makeAuthority(certificates);
  await makeCertificate(certificates, "server-", "serverAuth");
  await makeCertificate(certificates, "", "clientAuth");
  await makeAuthority(`${certificates}/stranger`);
  await makeCertificate(`${certificates}/stranger`, "", "clientAuth");
  const files = [
    "--tlscacert",
    `${certificates}/ca.pem`,
    "--tlscert",
    `${certificates}/server-cert.pem`,
    "--tlskey",
    `${certificates}/server-key.pem`,
  ];
  secure = await startBerth(sandbox, {
    name: "secure",
    flags: ["-H", `tcp://127.0.0.1:${tlsPort}`, "--tlsverify", ...files, "--bridge", "berth0"],
  });
  plain = await startBerth(sandbox, { name: "plain", flags: ["-H", `tcp://127.0.0.1:${plainPort}`, "--bridge", "none"] });
  const { archive } = buildBusyboxImage("busybox:latest");
  await loadImage(secure, archive);
  await loadImage(plain, archive);
}, 60_000);
afterAll(async () => {
  await secure?.stop();
  await plain?.stop();
  await sandbox?.close();
}, 30_000);

/** The flags of a docker CLI for one of the engines. */
function flagsFor(engine: RunningEngine): string[] {
  if (engine === plain) return ["-H", `tcp://127.0.0.1:${plainPort}`];
  const files = ["--tlscacert", `${certificates}/ca.pem`, "--tlscert", `${certificates}/cert.pem`, "--tlskey", `${certificates}/key.pem`];
  return ["-H", `tcp://127.0.0.1:${tlsPort}`, "--tlsverify", ...files];
}

for (const kind of ["TLS", "plain TCP"] as const) {
  const engine = (): RunningEngine => (kind === "TLS" ? secure : plain);

  test(`a half close ends stdin and not the output, over ${kind}`, async () => {
    const api = engine().api.at("v1.51");
    const body = {
      Image: "busybox",
      Cmd: ["sh", "-c", "cat; sleep 0.3; echo late; echo err >&2"],
      OpenStdin: true,
      StdinOnce: true,
      HostConfig: { NetworkMode: "none" },
    };
    expect((await api.post("/containers/create?name=half", body)).status).toBe(201);
    const line = "/v1.51/containers/half/attach?stream=1&stdin=1&stdout=1&stderr=1";
    const port = kind === "TLS" ? tlsPort : plainPort;
    const program = [
      process.execPath,
      path.join(import.meta.dir, "tcp-client.ts"),
      port,
      kind === "TLS" ? certificates : "-",
      line,
      "typed\n",
    ];
    const client = sandbox.run(program, { timeoutMs: 20_000 });
    await Bun.sleep(300);
    expect((await api.post("/containers/half/start")).status).toBe(204);
    const { code, stdout, stderr } = await client;
    expect([code, stderr]).toEqual([0, ""]);
    const bytes = Buffer.from(stdout, "base64");
    const head = bytes.indexOf("\r\n\r\n") + 4;
    expect(bytes.subarray(0, head).toString()).toStartWith("HTTP/1.1 101 UPGRADED\r\n");
    const frames = demultiplex(bytes.subarray(head));
    const output = (stream: number): string => frames.flatMap(([type, text]) => (type === stream ? [text] : [])).join("");
    expect([output(1), output(2)]).toEqual(["typed\nlate\n", "err\n"]);
    expect((await api.delete("/containers/half?force=1")).status).toBe(204);
  }, 30_000);

  for (const docker of clients) {
    test(`${docker} over ${kind}: run -i with input of 3 MB, exec, logs`, async () => {
      const call = (words: string[], input?: string): Promise<RunResult> =>
        sandbox.run([docker, ...flagsFor(engine()), ...words], input === undefined ? {} : { input });
      const text = `${"x".repeat(99)}\n`.repeat(30_000);
      const counted = await call(["run", "-i", "--rm", "--network", "none", "busybox", "sh", "-c", "wc -c; sleep 0.2; echo late"], text);
      expect(counted).toEqual({ code: 0, stdout: "3000000\nlate\n", stderr: "" });
      expect((await call(["run", "-d", "--name", "web", "--network", "none", "busybox", "sh", "-c", "echo ready; sleep 1000"])).code).toBe(
        0,
      );
      expect(await call(["exec", "-i", "web", "sh", "-c", "cat; echo end >&2; exit 3"], "in\n")).toEqual({
        code: 3,
        stdout: "in\n",
        stderr: "end\n",
      });
      expect((await call(["logs", "web"])).stdout).toBe("ready\n");
      expect((await call(["rm", "-f", "web"])).code).toBe(0);
    }, 60_000);
  }
}

test("clients without a certificate, with one of a stranger, and without TLS are refused", async () => {
  const address = `https://127.0.0.1:${tlsPort}/_ping`;
  const curl = (...words: string[]): Promise<RunResult> =>
    sandbox.run(["curl", "-sS", "--max-time", "10", "--cacert", `${certificates}/ca.pem`, ...words]);
  const good = await curl("--cert", `${certificates}/cert.pem`, "--key", `${certificates}/key.pem`, address);
  expect(good).toEqual({ code: 0, stdout: "OK", stderr: "" });
  const none = await curl(address);
  expect([none.code === 0, none.stdout]).toEqual([false, ""]);
  const stranger = await curl("--cert", `${certificates}/stranger/cert.pem`, "--key", `${certificates}/stranger/key.pem`, address);
  expect([stranger.code === 0, stranger.stdout]).toEqual([false, ""]);
  const old = await curl("--tls-max", "1.1", "--cert", `${certificates}/cert.pem`, "--key", `${certificates}/key.pem`, address);
  expect([old.code === 0, old.stdout]).toEqual([false, ""]);
  const bare = await curl(`http://127.0.0.1:${tlsPort}/_ping`);
  expect(bare.stdout).not.toBe("OK");
  expect((await secure.api.get("/_ping")).text).toBe("OK");
}, 60_000);

test("plain TCP beyond loopback is refused before anything is changed, and served when asked for", async () => {
  const folder = path.join(sandbox.folder, "refused");
  const words = [
    berthCommand(),
    "daemon",
    "--data-root",
    `${folder}/data`,
    "--exec-root",
    `${folder}/exec`,
    "--pidfile",
    `${folder}/pid`,
    "--bridge",
    "refused0",
  ];
  const links = async (): Promise<string> => (await sandbox.run(["ip", "-o", "link"])).stdout;
  const before = await links();
  for (const host of ["tcp://0.0.0.0:2377", "tcp://[::]:2377", "tcp://192.0.2.1:2377", "0.0.0.0:2377"]) {
    const refused = await sandbox.run([...words, "-H", host], { timeoutMs: 10_000 });
    expect([host, refused.code, refused.stdout]).toEqual([host, 1, ""]);
    expect(refused.stderr).toContain("without TLS");
    expect(refused.stderr).toContain("--allow-plain-tcp");
  }
  const untold = await sandbox.run(
    [...words, "-H", "tcp://127.0.0.1:2377", "--tlsverify", "--tlscert", "/nothing", "--tlskey", "/nothing"],
    { timeoutMs: 10_000 },
  );
  expect([untold.code, untold.stderr.includes("/nothing")]).toEqual([1, true]);
  expect([existsSync(folder), await links()]).toEqual([false, before]);

  const asked = await startBerth(sandbox, { name: "asked", flags: ["-H", "tcp://0.0.0.0:2377", "--allow-plain-tcp", "--bridge", "none"] });
  const answer = await sandbox.run(["curl", "-sS", "--max-time", "10", "http://127.0.0.1:2377/_ping"]);
  await asked.stop();
  expect(answer).toEqual({ code: 0, stdout: "OK", stderr: "" });
}, 60_000);
