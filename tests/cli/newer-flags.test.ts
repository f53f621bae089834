// time limit: 10 minutes
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { file, tar } from "../harness/busybox-image.ts";
import { berthCommand } from "../harness/engines.ts";
import { run, type RunResult } from "../harness/sandbox.ts";
import { openScene, type Scene } from "../harness/scene.ts";

/**
 * Flags that docker CLIs since 20.10 have, and what Docker 20.10 cannot do where it is compared with: by `berth`, and by a newer docker CLI where there is one.
 * `docs/compatibility.md` names these tests (tests/compatibility/own-tests.ts).
 */
const newer = ["/usr/local/bin/docker", "/usr/bin/docker"].find(
  (path) => existsSync(path) && /version (2[89]|[3-9]\d)\./.test(Bun.spawnSync([path, "--version"]).stdout.toString()),
);

interface Inspect {
  readonly Config: { readonly Healthcheck?: { readonly StartInterval?: number } };
  readonly HostConfig: { readonly Annotations?: Readonly<Record<string, string>> };
  readonly Mounts: readonly { readonly Destination: string }[];
  readonly State: { readonly ExitCode: number };
}

let scene: Scene;

beforeAll(async () => {
  scene = await openScene("newer");
}, 60_000);
afterAll(async () => {
  await scene[Symbol.asyncDispose]();
}, 60_000);

describe.each([["berth", ""], ...(newer === undefined ? [] : [["docker", newer]])])("%s", (kind, path) => {
  const program = kind === "berth" ? berthCommand() : path;
  const call = (...words: string[]): Promise<RunResult> => run([program, "-H", `unix://${scene.engine.socket}`, ...words]);
  const good = async (...words: string[]): Promise<string> => {
    const { code, stdout, stderr } = await call(...words);
    if (code !== 0) throw new Error(`${words.join(" ")}: ${code} ${stderr}`);
    return stdout.trim();
  };
  const inspect = async (name: string): Promise<Inspect> => (await scene.api.at("v1.51").get(`/containers/${name}/json`)).json<Inspect>();
  const ready = async (name: string): Promise<void> => {
    while (!(await good("logs", name)).includes("ready")) await Bun.sleep(20);
  };
  const folder = (): string => {
    const made = `${scene.sandbox.folder}/${kind}`;
    mkdirSync(made, { recursive: true });
    return made;
  };

  test("annotations", async () => {
    await good("create", "--name", "noted", "--annotation", "a=b", "--annotation", "c=d e", "busybox", "true");
    expect((await inspect("noted")).HostConfig.Annotations).toEqual({ a: "b", c: "d e" });
    await good("run", "--rm", "--annotation", "a=b", "busybox", "true");
    await scene.clear();
  }, 60_000);

  test("the interval of health checks at the start", async () => {
    await good("create", "--name", "checked", "--health-cmd", "true", "--health-start-interval", "2s", "busybox", "true");
    expect((await inspect("checked")).Config.Healthcheck?.StartInterval).toBe(2_000_000_000);
    await good("run", "--rm", "--health-cmd", "true", "--health-start-interval", "2s", "busybox", "true");
    expect((await call("create", "--health-start-interval", "x", "busybox")).code).toBe(125);
    await scene.clear();
  }, 60_000);

  test("the engine's socket in a container", async () => {
    await good("create", "--name", "served", "--use-api-socket", "busybox", "true");
    expect((await inspect("served")).Mounts.map(({ Destination }) => Destination)).toContain("/var/run/docker.sock");
    expect(await good("run", "--rm", "--use-api-socket", "busybox", "sh", "-c", "test -S /var/run/docker.sock && echo there")).toBe(
      "there",
    );
    await scene.clear();
  }, 60_000);

  test("another signal for stop and restart", async () => {
    const script = "trap 'exit 9' USR1; echo ready; while :; do sleep 0.1; done";
    await good("run", "-d", "--name", "listens", "busybox", "sh", "-c", script);
    await ready("listens");
    await good("restart", "--signal", "USR1", "--time", "50", "listens");
    await ready("listens");
    await good("stop", "--signal", "USR1", "--time", "50", "listens");
    expect((await inspect("listens")).State.ExitCode).toBe(9);
    await scene.clear();
  }, 120_000);

  test("quiet copies and quiet pulls", async () => {
    await good("create", "--name", "copied", "--quiet", "busybox", "true");
    expect(await call("cp", "--quiet", "copied:/etc/passwd", `${folder()}/passwd`)).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(await call("run", "--rm", "--quiet", "busybox", "echo", "said")).toEqual({ code: 0, stdout: "said\n", stderr: "" });
    await scene.clear();
  }, 60_000);

  test("images of one platform", async () => {
    const archive = `${folder()}/image.tar`;
    rmSync(archive, { force: true });
    const platform = ["--platform", "linux/amd64"];
    await good("tag", "busybox", "second");
    await good("save", ...platform, "-o", archive, "second");
    await good("rmi", "second");
    expect(await good("load", ...platform, "-i", archive)).toContain("second:latest");
    await good("rmi", "--force", "second");
    await Bun.write(`${folder()}/root.tar`, tar([file("etc/greeting", Buffer.from("hello\n"))]));
    await good("import", ...platform, `${folder()}/root.tar`, "imported:1");
    expect(await good("image", "inspect", "-f", "{{.Os}}/{{.Architecture}}", "imported:1")).toBe("linux/amd64");
    expect((await call("create", "--platform", "linux/arm64", "--pull", "never", "busybox")).code).toBe(1);
    await scene.clear();
  }, 120_000);

  test("networks that are not there, removed by force", async () => {
    expect((await call("network", "rm", "--force", "nope")).code).toBe(0);
    expect((await call("network", "rm", "nope")).code).toBe(1);
  }, 30_000);

  test("all capabilities for a privileged container", async () => {
    const own = /CapBnd:\s*(\w+)/.exec(await Bun.file("/proc/self/status").text())?.[1];
    expect(await good("run", "--rm", "--privileged", "busybox", "sh", "-c", "grep CapEff /proc/self/status | tr -d '\\t'")).toBe(
      `CapEff:${own}`,
    );
    expect(await good("run", "--rm", "--privileged", "busybox", "sh", "-c", "test -e /dev/kmsg && echo there")).toBe("there");
  }, 60_000);
});
