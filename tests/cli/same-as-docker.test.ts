import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { buildBusyboxImage } from "../harness/busybox-image.ts";
import { berthCommand, loadImage, type RunningEngine, startBerth } from "../harness/engines.ts";
import { openSandbox, run, type RunResult, type Sandbox } from "../harness/sandbox.ts";

/** Columns changed between versions of the docker CLI; 28 and later is what `berth` follows. */
const docker = ["/usr/local/bin/docker", "/usr/bin/docker"].find(
  (path) => existsSync(path) && /version (2[89]|[3-9]\d)\./.test(Bun.spawnSync([path, "--version"]).stdout.toString()),
);

/** Lines that change nothing; `berth` and docker must write the same to stdout and end with the same code. */
const lines: readonly (readonly string[])[] = [
  ["ps"],
  ["ps", "-a", "--no-trunc"],
  ["ps", "-aq"],
  ["ps", "-a", "--filter", "status=exited", "--format", "table {{.Names}}\t{{.Command}}\t{{.Labels}}"],
  ["ps", "-a", "--format", "{{.ID}} {{upper .Names}} {{.CreatedAt}}"],
  ["images"],
  ["images", "--digests", "--no-trunc"],
  ["history", "busybox"],
  ["inspect", "web"],
  ["inspect", "-f", "{{.State.Status}} {{json .Config.Labels}}", "web"],
  ["inspect", "-f", "{{.Nope}}", "web"],
  ["inspect", "nothing"],
  ["network", "ls"],
  ["network", "inspect", "bridge"],
  ["port", "web"],
  ["logs", "web"],
  ["top", "web", "-o", "pid,cmd"],
  ["exec", "web", "sh", "-c", "echo in; exit 4"],
  ["exec", "done", "true"],
  ["start", "nothing"],
  ["wait", "done"],
  ["rm", "web"],
  ["ps", "--filter", "nope=1"],
  ["ps", "--nope"],
  ["run"],
  ["run", "--rm", "busybox", "sh", "-c", "echo out; exit 3"],
  ["run", "--rm", "busybox", "nosuch"],
  ["run", "--rm", "busybox", "/etc/passwd"],
  ["run", "--rm", "-p", "x", "busybox"],
];

describe.skipIf(docker === undefined)("berth writes what the docker CLI writes", () => {
  let sandbox: Sandbox;
  let engine: RunningEngine;
  const call = (program: string, line: readonly string[]): Promise<RunResult> => run([program, "-H", `unix://${engine.socket}`, ...line]);

  beforeAll(async () => {
    sandbox = await openSandbox("cli");
    engine = await startBerth(sandbox);
    await loadImage(engine, buildBusyboxImage("busybox:latest").archive);
    const berth = berthCommand();
    const web = ["run", "-d", "--name", "web", "--label", "a=<b>", "-p", "18080:80", "busybox", "sh", "-c", "echo ready; exec sleep 1000"];
    expect((await call(berth, web)).code).toBe(0);
    expect((await call(berth, ["run", "--name", "done", "busybox", "sh", "-c", "exit 3"])).code).toBe(3);
  }, 60_000);
  afterAll(async () => {
    await sandbox.close();
  });

  for (const line of lines) {
    test(line.join(" "), async () => {
      // Once more when the clock moved between the two.
      for (let attempt = 1; ; attempt++) {
        const [ours, theirs] = [await call(berthCommand(), line), await call(docker ?? "", line)];
        const [left, right] = [
          { code: ours.code, stdout: ours.stdout },
          { code: theirs.code, stdout: theirs.stdout },
        ];
        if (attempt < 3 && JSON.stringify(left) !== JSON.stringify(right)) continue;
        expect(left).toEqual(right);
        break;
      }
    }, 30_000);
  }
});
