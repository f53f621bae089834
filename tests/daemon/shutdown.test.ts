import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { startBerth } from "../harness/engines.ts";
import { openSandbox, until } from "../harness/sandbox.ts";
import { eventsSince, findProcesses, inspect, loadBusybox, logLines, runContainer, statusOf, untilStatus } from "./kit.ts";

describe("SIGTERM", () => {
  test("with live-restore containers go on: their logs are whole, and an end meanwhile has its code and time", async () => {
    await using sandbox = await openSandbox("term");
    const first = await startBerth(sandbox);
    await loadBusybox(first);
    await runContainer(first.api, {
      name: "counts",
      command: ["sh", "-c", "n=0; while true; do echo line $n; n=$((n+1)); sleep 0.1; done"],
    });
    const endsId = await runContainer(first.api, {
      name: "ends",
      command: ["sh", "-c", "echo begun; while [ ! -e /tmp/end ]; do sleep 0.05; done; exit 7"],
    });
    const before = await inspect(first.api, "counts");
    await first.stop();
    expect(await first.process.exited).toBe(0);
    expect(first.log()).toContain("daemon has stopped");
    await until(() => findProcesses("conmon", `--cid ${before.Id}`).length === 1, 1000, "the monitor is gone");

    const [ending] = findProcesses("while [ ! -e /tmp/end ]");
    if (ending === undefined) throw new Error("the container has not gone on");
    const toldMs = Date.now();
    writeFileSync(`/proc/${ending}/root/tmp/end`, "");
    await until(() => findProcesses("conmon", `--cid ${endsId}`).length === 0, 20_000, "it did not end");
    const endedMs = Date.now();
    await Bun.sleep(700);

    const second = await startBerth(sandbox);
    const counts = await inspect(second.api, "counts");
    expect(counts.State).toMatchObject({ Status: "running", Pid: before.State.Pid, StartedAt: before.State.StartedAt });
    const ends = await inspect(second.api, "ends");
    expect(ends.State).toMatchObject({ Status: "exited", ExitCode: 7, Error: "", Pid: 0 });
    // The time of the end, not of the next daemon's start.
    expect(Date.parse(ends.State.FinishedAt)).toBeGreaterThanOrEqual(toldMs - 20);
    expect(Date.parse(ends.State.FinishedAt)).toBeLessThanOrEqual(endedMs);
    const lines = await logLines(second.api, "counts");
    expect(lines.length).toBeGreaterThan(6);
    expect(lines).toEqual(lines.map((_, index) => `line ${index}`));
    expect(await logLines(second.api, "ends")).toEqual(["begun"]);
    for (const name of ["counts", "ends"]) expect((await second.api.delete(`/containers/${name}?force=1`)).status).toBe(204);
    await second.stop();
  });

  test("without live-restore containers are stopped side by side, and one that ignores TERM is killed", async () => {
    await using sandbox = await openSandbox("term");
    const first = await startBerth(sandbox, { flags: ["--live-restore=false", "--shutdown-timeout", "4"] });
    await loadBusybox(first);
    const obeys = ["sh", "-c", "trap 'echo obeyed; exit 3' TERM; while true; do sleep 0.05; done"];
    const ignores = ["sh", "-c", "trap '' TERM; while true; do sleep 0.05; done"];
    for (const name of ["aa", "bb", "cc"]) await runContainer(first.api, { name, command: obeys });
    for (const name of ["xx", "yy"]) await runContainer(first.api, { name, command: ignores });
    await runContainer(first.api, { name: "frozen", command: ["sleep", "600"] });
    expect((await first.api.post("/containers/frozen/pause")).status).toBe(204);
    await runContainer(first.api, { name: "always", command: obeys, host: { RestartPolicy: { Name: "always" } } });
    await runContainer(first.api, { name: "vanishes", command: obeys, host: { AutoRemove: true } });
    await first.stop();
    expect(await first.process.exited).toBe(0);
    expect(findProcesses("conmon", first.execRoot)).toEqual([]);

    const second = await startBerth(sandbox);
    const states = Object.fromEntries(
      await Promise.all(
        ["aa", "bb", "cc", "xx", "yy", "frozen"].map(async (name) => [name, (await inspect(second.api, name)).State] as const),
      ),
    );
    for (const name of ["aa", "bb", "cc"]) expect(states[name]).toMatchObject({ Status: "exited", ExitCode: 3 });
    for (const name of ["xx", "yy", "frozen"]) expect(states[name]).toMatchObject({ Status: "exited", ExitCode: 137 });
    // Each had four seconds: one after another their ends would be that far apart.
    const [x, y] = ["xx", "yy"].map((name) => Date.parse(states[name]?.FinishedAt ?? ""));
    expect(Math.abs((x ?? 0) - (y ?? Number.NaN))).toBeLessThan(3900);
    expect(await logLines(second.api, "aa")).toEqual(["obeyed"]);
    expect(await statusOf(second.api, "vanishes")).toBe("gone");
    // Nobody asked for this one to stop.
    await untilStatus(second.api, "always", "running");
    for (const name of [...Object.keys(states), "always"]) await second.api.delete(`/containers/${name}?force=1`);
    await second.stop();
  });

  test("streams that follow do not hold the end up, and `events` of the next daemon begin anew", async () => {
    await using sandbox = await openSandbox("term");
    const first = await startBerth(sandbox);
    await loadBusybox(first);
    const beganMs = Date.now();
    await runContainer(first.api, { name: "quiet", command: ["sleep", "600"] });
    const stop = new AbortController();
    const listening = [Promise.withResolvers<void>(), Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const;
    const [logs, events, wait] = listening;
    const { signal } = stop;
    const following = Promise.all([
      first.api.request("/containers/quiet/logs?stdout=1&follow=1", { signal, onHead: logs.resolve }).catch(() => null),
      first.api.request("/events", { signal, onHead: events.resolve }).catch(() => null),
      first.api.request("/containers/quiet/wait", { method: "POST", signal, onHead: wait.resolve }).catch(() => null),
    ]);
    await Promise.all(listening.map(({ promise }) => promise));
    await first.stop();
    await following;
    stop.abort();
    const second = await startBerth(sandbox);
    expect(await statusOf(second.api, "quiet")).toBe("running");
    expect((await eventsSince(second.api, beganMs, "container")).map(({ Action }) => Action)).toEqual([]);
    expect((await second.api.delete("/containers/quiet?force=1")).status).toBe(204);
    await second.stop();
  });
});
