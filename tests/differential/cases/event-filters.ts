import type { EngineApi } from "../../harness/engine-api.ts";
import type { DifferentialCase } from "../case.ts";

/** Which events a subscriber gets, and the orders that nobody else records. */
export const eventFilters: readonly DifferentialCase[] = [
  {
    name: "events: every filter",
    run: async ({ api, create, start, see }) => {
      const since = Date.now() / 1000 - 0.001;
      await start("t1", { Cmd: ["sleep", "600"], Labels: { a: "b", c: "" }, HostConfig: { Binds: ["t1vol:/d"] } });
      await create("other");
      await api.post("/images/busybox/tag?repo=t1image&tag=1");
      await api.delete("/images/t1image:1");
      await api.post("/containers/t1/exec", { Cmd: ["true"] });
      await api.delete("/containers/t1?force=1&v=1");
      await api.delete("/volumes/t1vol");
      const end = Date.now() / 1000 + 0.001;
      for (const filters of [
        { container: ["t1"] },
        { container: ["t"] },
        { container: ["bridge"] },
        { container: ["t1", "other"], event: ["create", "destroy"] },
        { event: ["exec_create"] },
        { event: ["exec_create", "des"] },
        { event: ["exec"] },
        { image: ["busybox"], event: ["create"] },
        { image: ["busybox:latest"] },
        { image: ["t1image"] },
        { image: ["nope"] },
        { label: ["a"], event: ["create"] },
        { label: ["a", "c="], event: ["create"] },
        { label: ["a=x"] },
        { type: ["volume"] },
        { type: ["container", "network"], event: ["destroy", "disconnect"] },
        { type: ["bogus"] },
        { volume: ["t1v"] },
        { network: ["bridge"] },
        { network: ["nope"] },
        { daemon: ["nope"] },
        { scope: ["local"], type: ["network"] },
        { scope: ["swarm"] },
        { node: ["nope"] },
        { service: ["t1"], event: ["start"] },
        { secret: ["nope"] },
        { config: ["nope"] },
        { plugin: ["nope"] },
        { bogus: ["x"], type: ["volume"] },
      ])
        see(JSON.stringify(filters), await past(api, { since, until: end, filters }));
      see("set form", await past(api, { since, until: end, filters: { type: { volume: true } } }));
    },
  },
  {
    name: "events: since and until",
    run: async ({ api, see }) => {
      for (const query of ["since=10&until=5", "since=1.5&until=2", "since=1.1234567891&until=2", "until=1"]) {
        const { status, text } = await api.get(`/events?${query}&filters=${encodeURIComponent('{"type":["nothing"]}')}`);
        see(query, { status, text });
      }
      const began = Date.now();
      await api.get(`/events?until=${Date.now() / 1000 + 0.5}`);
      see("waits for its end", Date.now() - began >= 400);
    },
  },
  {
    name: "events: run in the background, exec, killed by force",
    run: async ({ start, cli, events, see }) => {
      see("run -d", await events(async () => void (await cli(["run", "-d", "--name", "bg", "busybox", "sleep", "600"]))));
      see("exec", await events(async () => void (await cli(["exec", "bg", "sh", "-c", "exit 3"])), ["exitCode"]));
      see("rm -f", await events(async () => void (await cli(["rm", "-f", "bg"])), ["signal", "exitCode"]));
      await start("again", { Cmd: ["sleep", "600"] });
      see("kill", await events(async () => void (await cli(["kill", "-s", "KILL", "again"])), ["signal", "exitCode"]));
      see("cp", await events(async () => void (await cli(["cp", "again:/bin/busybox", "/dev/null"]).catch(() => undefined)), ["path"]));
    },
  },
  {
    name: "events: failed start with --rm",
    run: async ({ cli, events, see }) => {
      see("events", await events(async () => void (await cli(["run", "--rm", "--name", "bad", "busybox", "nosuch"]))));
    },
  },
  {
    name: "wait: conditions, several waiters, restarts, failed starts",
    run: async ({ api, create, start, see, untilStatus }) => {
      const wait = async (name: string, condition: string, version = "v1.41"): Promise<unknown> => {
        const { status, text } = await api.at(version).post(`/containers/${name}/wait?condition=${condition}`);
        return { status, text };
      };
      /** A wait that the engine knows of: its headers are there. */
      const begun = async (name: string, condition: string): Promise<{ readonly answer: Promise<unknown> }> => {
        const { promise, resolve } = Promise.withResolvers<void>();
        const path = `/containers/${name}/wait?condition=${condition}`;
        const answer = api.request(path, { method: "POST", onHead: resolve }).then(({ status, text }) => ({ status, text }));
        await promise;
        return { answer };
      };
      await create("made");
      for (const condition of ["bogus", "not-running", ""]) see(`created, ${condition}`, await wait("made", condition));
      see("missing, removed", await wait("nope", "removed"));
      await start("runs", { Cmd: ["sh", "-c", "while [ ! -e /go ]; do sleep 0.05; done; exit 7"] });
      const waiters = await Promise.all(
        ["not-running", "next-exit", "removed", "not-running"].map((condition) => begun("runs", condition)),
      );
      const exec = (await api.post("/containers/runs/exec", { Cmd: ["touch", "/go"] })).json<{ Id: string }>();
      await api.post(`/exec/${exec.Id}/start`, { Detach: true });
      await untilStatus("runs", "exited");
      await api.delete("/containers/runs");
      see("four at once", await Promise.all(waiters.map(({ answer }) => answer)));
      await create("again", {
        Cmd: ["sh", "-c", "sleep 0.3; exit 4"],
        HostConfig: { RestartPolicy: { Name: "on-failure", MaximumRetryCount: 2 } },
      });
      const next = await begun("again", "next-exit");
      await api.post("/containers/again/start");
      see("next exit of one that restarts", await next.answer);
      see("not running after its restarts", await wait("again", "not-running"));
      await create("bad", { Cmd: ["nosuch"], HostConfig: { AutoRemove: true } });
      const removed = await begun("bad", "removed");
      await api.post("/containers/bad/start");
      see("removed after a failed start", await removed.answer);
    },
  },
];

/** `type action` of past events. */
async function past(
  api: EngineApi,
  query: { readonly since: number; readonly until: number; readonly filters: object },
): Promise<string[]> {
  const filters = encodeURIComponent(JSON.stringify(query.filters));
  const { text } = await api.get(`/events?since=${query.since}&until=${query.until}&filters=${filters}`);
  const lines = text.split("\n").filter((line) => line !== "");
  return lines.map((line) => {
    const event = JSON.parse(line) as { Type: string; Action: string; Actor: { Attributes: { name?: string } } };
    return `${event.Type} ${event.Action} ${event.Type === "container" ? (event.Actor.Attributes.name ?? "") : ""}`;
  });
}
