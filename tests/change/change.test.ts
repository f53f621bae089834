import { afterAll, afterEach, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { demultiplex } from "../harness/engine-api.ts";
import { type RunResult, until } from "../harness/sandbox.ts";
import { openScene, type Scene } from "../harness/scene.ts";
import { exec, inspect } from "../daemon/kit.ts";

// Each starts several containers, on a machine that may be busy.
setDefaultTimeout(60_000);

let scene: Scene;

beforeAll(async () => {
  scene = await openScene("change");
}, 60_000);
afterAll(async () => {
  await scene?.[Symbol.asyncDispose]();
}, 30_000);
afterEach(async () => {
  await scene.clear();
});

const berth = (...words: string[]): Promise<RunResult> => scene.berth(words);

async function ok(...words: string[]): Promise<string> {
  const { code, stdout, stderr } = await berth(...words);
  expect([words.join(" "), code, stderr]).toEqual([words.join(" "), 0, ""]);
  return stdout;
}

/** What a server in the container answers on a port of the sandbox. */
async function page(port: number): Promise<string> {
  const { stdout } = await scene.sandbox.run(["busybox", "nc", "-w", "2", "127.0.0.1", String(port)]);
  return stdout;
}

const server = "echo started >>/starts; while :; do nc -l -p 80 </starts; done";

test("a web server gets another port, a volume and a variable; layer, id, name and anonymous volume stay", async () => {
  const id = (await ok("run", "-d", "--init", "--name", "web", "-p", "8080:80", "-v", "/cache", "busybox", "sh", "-c", server)).trim();
  await until(async () => (await page(8080)) === "started\n", 20_000, "the server does not answer");
  expect(await exec(scene.api, "web", ["sh", "-c", "echo kept >/layer; echo kept >/cache/file"])).toBe("");
  const plan = await ok("update", "--dry-run", "--publish-add", "8081:80", "--publish-rm", "8080:80", "--cpu-shares", "512", "web");
  expect(plan.split("\n")).toEqual([
    "web: would be stopped and started anew",
    "  = limit CpuShares=512",
    "  - port 8080->80/tcp",
    "  + port 8081->80/tcp",
    "",
  ]);
  const words = ["--publish-add", "8081:80", "--publish-rm", "8080:80", "--volume-add", "data:/data", "--env-add", "LEVEL=debug"];
  expect(await ok("update", ...words, "--label-add", "tier=front", "web")).toBe("web\n");
  await until(async () => (await page(8081)) === "started\nstarted\n", 20_000, "the server does not answer on its new port");
  expect(await page(8080)).toBe("");
  expect(await exec(scene.api, "web", ["sh", "-c", "cat /layer /cache/file; echo $LEVEL; touch /data/made"])).toBe("kept\nkept\ndebug\n");
  const after = (await scene.api.get("/containers/web/json")).json<{ Id: string; Config: { Labels: object }; State: { Status: string } }>();
  expect(after).toMatchObject({ Id: id, Config: { Labels: { tier: "front" } }, State: { Status: "running" } });
  expect((await scene.docker(["port", "web"])).stdout).toContain("80/tcp -> 0.0.0.0:8081");
  expect((await scene.docker(["restart", "-t", "1", "web"])).code).toBe(0);
  expect(await exec(scene.api, "web", ["sh", "-c", "cat /layer /cache/file; ls /data"])).toBe("kept\nkept\nmade\n");
}, 60_000);

test("a port that is taken, and a program that is not there: it runs again as before, and says why", async () => {
  await ok("run", "-d", "--init", "--name", "first", "-p", "8080:80", "busybox", "sleep", "1000");
  await ok("run", "-d", "--stop-timeout", "1", "--name", "second", "-p", "8082:80", "-e", "A=1", "busybox", "sleep", "1000");
  const before = (await scene.api.get("/containers/second/json")).json<Record<string, unknown>>();
  const refused = await berth("update", "--publish-add", "8080:80", "--env-add", "A=2", "--volume-add", "fresh:/fresh", "second");
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain("Bind for 0.0.0.0:8080 failed: port is already allocated (it runs again as before)");
  const hidden = await berth("update", "--mount-add", "type=tmpfs,target=/bin", "second");
  expect(hidden.stderr).toContain('exec: "sleep": executable file not found in $PATH');
  expect(hidden.stderr).toContain("(it runs again as before)");
  await ok("run", "-d", "--init", "--name", "third", "-e", "CODE=0", "busybox", "sh", "-c", "test $CODE = 0 || exit $CODE; sleep 1000");
  const ended = await berth("update", "--env-add", "CODE=7", "third");
  expect(ended.stderr).toBe(
    "berth: Cannot change container third: its program ended at once, with exit code 7 (it runs again as before)\n",
  );
  expect(await exec(scene.api, "third", ["sh", "-c", "echo $CODE"])).toBe("0\n");
  const after = (await scene.api.get("/containers/second/json")).json<Record<string, unknown>>();
  for (const part of ["Id", "Config", "HostConfig", "Mounts", "Name"]) expect(after[part]).toEqual(before[part]);
  expect(after["State"]).toMatchObject({ Status: "running", Error: "" });
  expect((await scene.api.get("/volumes/fresh")).status).toBe(404);
  expect(await exec(scene.api, "second", ["sh", "-c", "echo $A"])).toBe("1\n");
}, 60_000);

test("labels, policy, limits and the log's bounds reach a running container without a restart", async () => {
  await ok(
    "run",
    "-d",
    "--init",
    "--name",
    "busy",
    "busybox",
    "sh",
    "-c",
    "while :; do echo 0123456789012345678901234567890123456789; done",
  );
  const { Pid } = (await inspect(scene.api, "busy")).State;
  const plan = await ok("update", "--dry-run", "--label-add", "a=b", "--restart", "always", "busy");
  expect(plan).toStartWith("busy: would go on without a restart\n");
  await ok("update", "--label-add", "a=b", "--restart", "always", "--log-opt", "max-size=100k", "--log-opt", "max-file=2", "busy");
  expect((await inspect(scene.api, "busy")).State.Pid).toBe(Pid);
  expect((await scene.docker(["ps", "-q", "--filter", "label=a=b"])).stdout).not.toBe("");
  const folder = `${scene.engine.dataRoot}/containers/${(await inspect(scene.api, "busy")).Id}/log`;
  await until(
    async () => Number((await scene.sandbox.run(["du", "-sk", folder])).stdout.split("\t")[0]) < 5000,
    60_000,
    "the log keeps its old bounds",
  );
  await ok("update", "--restart", "no", "busy");
}, 90_000);

test("a stopped container is changed where it stands, and starts so", async () => {
  await ok("create", "--name", "later", "busybox", "sh", "-c", "echo $A; ls /added; test ! -e /gone || echo still");
  await ok("update", "--env-add", "A=word", "--mount-add", "type=volume,source=some,target=/added", "later");
  expect((await inspect(scene.api, "later")).State.Status).toBe("created");
  await ok("start", "later");
  await ok("wait", "later");
  expect(demultiplex((await scene.api.get("/containers/later/logs?stdout=1")).body)).toEqual([[1, "word\n"]]);
  await ok("update", "--mount-rm", "/added", "--env-rm", "A", "later");
  expect((await scene.api.get("/containers/later/json")).json<{ Mounts: unknown[] }>().Mounts).toEqual([]);
  expect((await scene.api.get("/volumes/some")).status).toBe(200);
});

test("refused, and said in time", async () => {
  await ok("run", "-d", "--init", "--name", "web", "busybox", "sleep", "1000");
  const said = async (...words: string[]): Promise<string> => (await berth("update", ...words, "web")).stderr.trim();
  expect(await said("--env-rm", "NOPE")).toBe('berth: Cannot change container web: environment variable "NOPE" is not set');
  expect(await said("--publish-rm", "80")).toBe("berth: Cannot change container web: port 80 is not published");
  expect(await said("--mount-rm", "/nope")).toBe("berth: Cannot change container web: nothing is mounted at /nope");
  expect(await said("--label-rm", "nope")).toBe('berth: Cannot change container web: label "nope" is not set');
  expect(await said("--publish-add", "8080:80", "--env-add", "BAD KEY=1")).toBe("");
  expect((await berth("update", "--env-add", "A=1", "nope")).stderr).toContain("No such container: nope");
  const empty = await scene.api.request("/berth/containers/web/change", { method: "POST" });
  expect([empty.status, empty.json<{ message: string }>().message]).toEqual([400, "a change needs a body that says what to change"]);
  expect((await scene.api.post("/berth/containers/web/change", { EnvAdd: "A=1" })).status).toBe(400);
  expect((await scene.api.post("/berth/containers/web/change", {})).json<unknown>()).toEqual({
    Changes: [],
    Restarts: false,
    Warnings: [],
  });
});

test("--rm: it is not removed by its change, and is by its end", async () => {
  await ok("run", "-d", "--rm", "--init", "--name", "short", "busybox", "sleep", "1000");
  await ok("update", "--env-add", "A=1", "short");
  expect((await inspect(scene.api, "short")).State.Status).toBe("running");
  await ok("stop", "-t", "1", "short");
  await until(async () => (await scene.api.get("/containers/short/json")).status === 404, 20_000, "it was not removed");
});
