import type { DifferentialCase } from "../case.ts";

/** Which events are sent, in which order, with which attributes. */
export const events: readonly DifferentialCase[] = [
  {
    name: "events: run, attached, with --rm and a volume",
    run: async ({ api, create, events, see }) => {
      see(
        "events",
        await events(async () => {
          const id = await create("t1", { Cmd: ["true"], HostConfig: { AutoRemove: true, Binds: ["vv:/d"] } });
          const stream = await api.hijack(`/containers/${id}/attach?stream=1&stdout=1`);
          const wait = api.post(`/containers/${id}/wait?condition=removed`);
          await api.post(`/containers/${id}/start`);
          await wait;
          stream.close();
        }, ["exitCode", "destination", "driver", "propagation", "read/write", "type"]),
      );
    },
  },
  {
    name: "events: start, stop, restart, kill, remove",
    run: async ({ api, create, events, see, untilLogged }) => {
      await create("t1", { Cmd: ["sh", "-c", "trap 'exit 143' TERM; echo begun; while :; do sleep 0.1; done"] });
      const attributes = ["exitCode", "signal", "name", "image"];
      see("start", await events(async () => void (await api.post("/containers/t1/start")), attributes));
      await untilLogged("t1", "begun");
      see("stop", await events(async () => void (await api.post("/containers/t1/stop")), attributes));
      await api.post("/containers/t1/start");
      await untilLogged("t1", "begun", 2);
      see("restart", await events(async () => void (await api.post("/containers/t1/restart")), attributes));
      await untilLogged("t1", "begun", 3);
      see("kill", await events(async () => void (await api.post("/containers/t1/kill")), attributes));
      await api.post("/containers/t1/start");
      see("pause", await events(async () => void (await api.post("/containers/t1/pause")), attributes));
      see("unpause", await events(async () => void (await api.post("/containers/t1/unpause")), attributes));
      see("rename", await events(async () => void (await api.post("/containers/t1/rename?name=t2")), ["oldName", "name"]));
      see("resize", await events(async () => void (await api.post("/containers/t2/resize?h=10&w=20")), ["height", "width"]));
      see("rm -f", await events(async () => void (await api.delete("/containers/t2?force=1")), attributes));
    },
  },
  {
    name: "events: failed start",
    run: async ({ api, create, events, see }) => {
      await create("t1", { Cmd: ["nosuch"] });
      see("events", await events(async () => void (await api.post("/containers/t1/start"))));
    },
  },
  {
    name: "events: exec",
    run: async ({ api, start, events, see }) => {
      await start("t1", { Cmd: ["sleep", "60"] });
      see(
        "events",
        await events(async () => {
          const exec = (await api.post("/containers/t1/exec", { Cmd: ["sh", "-c", "exit 2"], AttachStdout: true })).json<{ Id: string }>();
          await (await api.hijack(`/exec/${exec.Id}/start`, { body: {} })).rest();
        }, ["exitCode"]),
      );
    },
  },
  {
    name: "events: images",
    run: async ({ api, events, see }) => {
      see("tag", await events(async () => void (await api.post("/images/busybox/tag?repo=other&tag=2")), ["name"]));
      see("untag", await events(async () => void (await api.delete("/images/other:2")), ["name"]));
    },
  },
  {
    name: "events: past ones with filters",
    run: async ({ api, create, see }) => {
      const since = Date.now() / 1000 - 0.001;
      await create("t1", { Labels: { a: "b" } });
      await create("t2");
      await api.delete("/containers/t1");
      const until = Date.now() / 1000 + 0.001;
      for (const filters of [
        {},
        { container: ["t1"] },
        { event: ["destroy"] },
        { type: ["network"] },
        { label: ["a"] },
        { image: ["busybox"] },
        { label: ["a=c"] },
      ]) {
        const answer = await api.get(`/events?since=${since}&until=${until}&filters=${encodeURIComponent(JSON.stringify(filters))}`);
        const messages = answer.text
          .split("\n")
          .filter((line) => line !== "")
          .map((line) => JSON.parse(line) as Record<string, unknown>);
        see(JSON.stringify(filters), messages);
      }
    },
  },
];
