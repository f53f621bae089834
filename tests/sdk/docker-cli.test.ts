import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { run, type RunResult } from "../harness/sandbox.ts";
import { openScene, type Scene } from "../harness/scene.ts";

/** Every docker CLI of the machine: Debian's 20.10, and a newer one. */
const programs = ["/usr/bin/docker", "/usr/local/bin/docker"].filter((path) => existsSync(path));
const versions = [
  "1.24",
  "1.30",
  "1.40",
  "1.41",
  "1.42",
  "1.43",
  "1.44",
  "1.45",
  "1.46",
  "1.47",
  "1.48",
  "1.49",
  "1.50",
  "1.51",
  "negotiated",
];

let scene: Scene;

beforeAll(async () => {
  scene = await openScene("clients");
}, 60_000);
afterAll(async () => {
  await scene?.[Symbol.asyncDispose]();
}, 30_000);

for (const program of programs) {
  const told = Bun.spawnSync([program, "--version"]).stdout.toString().trim();
  describe(told, () => {
    for (const version of versions) {
      test(`API ${version}`, async () => {
        const docker = (...words: string[]): Promise<RunResult> =>
          run([program, "-H", `unix://${scene.engine.socket}`, ...words], {
            env: version === "negotiated" ? {} : { DOCKER_API_VERSION: version },
          });
        const good = async (...words: string[]): Promise<string> => {
          const result = await docker(...words);
          if (result.code !== 0) throw new Error(`docker ${words.join(" ")}: ${result.code} ${result.stderr}`);
          return result.stdout;
        };
        if (version !== "negotiated")
          expect(await good("version", "--format", "{{.Client.APIVersion}} {{.Server.APIVersion}}")).toBe(`${version} 1.51\n`);
        expect(await docker("run", "--rm", "-i", "busybox", "sh", "-c", "echo out; echo err >&2; exit 4")).toEqual({
          code: 4,
          stdout: "out\n",
          stderr: "err\n",
        });
        // Without --rm: before 1.25 the newer CLI then waits for ever for an event that real Docker does not send either.
        expect((await docker("run", "--name", "failed", "busybox", "nosuch")).code).toBe(127);
        await good("rm", "failed");
        const id = (
          await good("run", "-d", "--name", "web", "-p", "18080:80", "-v", "/data", "busybox", "sh", "-c", "echo ready; exec sleep 1000")
        ).trim();
        expect(await good("ps", "--no-trunc", "--format", "{{.ID}} {{.Names}} {{.Image}}")).toBe(`${id} web busybox\n`);
        expect(await good("inspect", "-f", "{{.State.Status}} {{.NetworkSettings.IPAddress}}", "web")).toMatch(
          /^running 172\.17\.0\.\d+\n$/,
        );
        expect(await good("port", "web")).toContain("80/tcp -> 0.0.0.0:18080\n");
        expect(await docker("exec", "-i", "web", "sh", "-c", "echo in; exit 5")).toMatchObject({ code: 5, stdout: "in\n" });
        expect(await good("logs", "web")).toBe("ready\n");
        expect(await good("top", "web")).toContain("sleep 1000");
        expect(await good("images", "-q")).not.toBe("");
        expect(await good("history", "-q", "busybox")).not.toBe("");
        expect(await good("network", "ls", "--format", "{{.Name}}")).toBe("bridge\nhost\nnone\n");
        expect(await good("info", "--format", "{{.OSType}} {{.ContainersRunning}}")).toBe("linux 1\n");
        await good("pause", "web");
        await good("unpause", "web");
        await good("rename", "web", "web2");
        await good("restart", "-t", "0", "web2");
        expect(await good("stop", "-t", "0", "web2")).toBe("web2\n");
        expect(await good("wait", "web2")).toBe("137\n");
        expect((await docker("rm", "nothing")).stderr).toContain("No such container: nothing");
        expect(await good("rm", "-v", "web2")).toBe("web2\n");
      }, 60_000);
    }
  });
}

test("there is a docker CLI to test with", () => {
  expect(programs).not.toEqual([]);
});
