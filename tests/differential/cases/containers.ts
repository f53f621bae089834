import type { ApiAnswer } from "../../harness/engine-api.ts";
import { until } from "../../harness/sandbox.ts";
import type { DifferentialCase } from "../case.ts";

interface Inspect {
  readonly HostConfig: Record<string, unknown>;
  readonly Config: Record<string, unknown>;
  readonly State: Record<string, unknown>;
}

/** Inspect, list, and the states of a container. */
export const containers: readonly DifferentialCase[] = [
  {
    name: "containers: inspect of a created container, defaults",
    run: async ({ api, create, see }) => {
      see("create", await create("t1"));
      see("inspect", (await api.get("/containers/t1/json")).json());
    },
  },
  {
    name: "containers: inspect of a running container",
    run: async ({ api, start, see }) => {
      await start("t1", { Cmd: ["sleep", "60"], Hostname: "host1", Labels: { a: "b" }, Env: ["X=1"] });
      see("inspect", (await api.get("/containers/t1/json")).json());
    },
  },
  {
    name: "containers: inspect with many options",
    run: async ({ api, create, see }) => {
      await create("t1", {
        Cmd: ["sleep", "60"],
        Entrypoint: ["/bin/sh", "-c"],
        Env: ["A=1", "B"],
        User: "ann",
        WorkingDir: "/home/./x/..",
        Tty: true,
        OpenStdin: true,
        StdinOnce: true,
        ExposedPorts: { "80/tcp": {}, "53/udp": {} },
        StopSignal: "SIGINT",
        StopTimeout: 3,
        Domainname: "example.org",
        Healthcheck: { Test: ["CMD", "true"], Interval: 1_000_000_000 },
        HostConfig: {
          Binds: ["/etc/apt:/mnt:ro", "vol1:/vol"],
          Tmpfs: { "/scratch": "size=1m" },
          ReadonlyRootfs: true,
          Memory: 67_108_864,
          NanoCpus: 500_000_000,
          PidsLimit: 50,
          CapAdd: ["NET_ADMIN"],
          CapDrop: ["chown"],
          Privileged: false,
          SecurityOpt: ["no-new-privileges"],
          Init: true,
          Dns: ["192.0.2.1"],
          DnsSearch: ["example.org"],
          ExtraHosts: ["other:192.0.2.2"],
          GroupAdd: ["staff"],
          OomScoreAdj: 100,
          ShmSize: 1_048_576,
          Sysctls: { "net.ipv4.ip_forward": "1" },
          Ulimits: [{ Name: "nofile", Soft: 100, Hard: 200 }],
          PortBindings: { "80/tcp": [{ HostPort: "8080" }] },
          RestartPolicy: { Name: "on-failure", MaximumRetryCount: 3 },
          LogConfig: { Type: "json-file", Config: { "max-size": "1m" } },
          CgroupnsMode: "private",
        },
      });
      see("inspect", (await api.get("/containers/t1/json")).json());
    },
  },
  {
    name: "containers: network modes none, host, container",
    run: async ({ api, start, see }) => {
      const target = await start("target", { Cmd: ["sleep", "60"] });
      await start("none", { Cmd: ["sleep", "60"], HostConfig: { NetworkMode: "none" } });
      await start("host", { Cmd: ["sleep", "60"], HostConfig: { NetworkMode: "host" } });
      await start("joined", { Cmd: ["sleep", "60"], HostConfig: { NetworkMode: `container:${target}` } });
      for (const name of ["none", "host", "joined"]) {
        const inspect = (await api.get(`/containers/${name}/json`)).json<{
          NetworkSettings: unknown;
          HostConfig: { NetworkMode: string };
          Config: { Hostname: string };
        }>();
        see(name, { settings: inspect.NetworkSettings, mode: inspect.HostConfig.NetworkMode });
      }
    },
  },
  {
    name: "containers: list, formats and filters",
    run: async ({ api, create, start, see, untilStatus }) => {
      await create("created", { Labels: { a: "1", b: "2" } });
      await start("running", {
        Cmd: ["sleep", "60"],
        Labels: { a: "1" },
        ExposedPorts: { "53/udp": {}, "80/tcp": {} },
        HostConfig: { PortBindings: { "80/tcp": [{ HostIp: "127.0.0.1", HostPort: "8081" }] } },
      });
      await start("ended", { Cmd: ["sh", "-c", "exit 3"] });
      await untilStatus("ended", "exited");
      const list = async (query: string): Promise<Record<string, unknown>[]> => (await api.get(`/containers/json?${query}`)).json();
      const names = async (filters: unknown): Promise<unknown> =>
        (await list(`all=1&filters=${encodeURIComponent(JSON.stringify(filters))}`)).map((row) => row["Names"]);
      const all = await list("all=1");
      see(
        "all",
        all.map((row) => ({ ...row, Status: String(row["Status"]).replace(/\d+ seconds?|Less than a second/, "N seconds") })),
      );
      see("running only", (await list("")).length);
      see(
        "limit 1",
        (await list("limit=1")).map((row) => row["Names"]),
      );
      see("size", Object.keys((await list("all=1&size=1"))[0] ?? {}).sort());
      for (const filters of [
        { status: ["exited"] },
        { status: ["created", "running"] },
        { exited: ["3"] },
        { name: ["runn"] },
        { name: ["^/running$"] },
        { label: ["a"] },
        { label: ["a=1", "b=2"] },
        { label: { "a=1": true } },
        { ancestor: ["busybox"] },
        { before: ["running"] },
        { since: ["running"] },
        { publish: ["80/tcp"] },
        { expose: ["53/udp"] },
        { network: ["bridge"] },
        { health: ["none"] },
        { volume: ["nope"] },
        { id: ["zz"] },
        { "is-task": ["false"] },
      ])
        see(JSON.stringify(filters), await names(filters));
    },
  },
  {
    name: "containers: states and exit codes",
    run: async ({ api, start, see, untilStatus, untilLogged }) => {
      await start("t1", { Cmd: ["sh", "-c", "trap 'exit 7' TERM; echo begun; while :; do sleep 0.1; done"] });
      const state = async (): Promise<unknown> => (await api.get("/containers/t1/json")).json<Inspect>().State;
      await untilLogged("t1", "begun");
      see("running", await state());
      see("pause", (await api.post("/containers/t1/pause")).status);
      see("paused", await state());
      see("unpause", (await api.post("/containers/t1/unpause")).status);
      see("stop", (await api.post("/containers/t1/stop?t=5")).status);
      see("stopped", await state());
      see("start again", (await api.post("/containers/t1/start")).status);
      see("kill", (await api.post("/containers/t1/kill")).status);
      await untilStatus("t1", "exited");
      see("killed", await state());
      see("restart", (await api.post("/containers/t1/restart?t=0")).status);
      see("restarted", await state());
      see("kill by number", (await api.post("/containers/t1/kill?signal=9")).status);
      await untilStatus("t1", "exited");
      see("remove", (await api.delete("/containers/t1")).status);
      see("gone", (await api.get("/containers/t1/json")).status);
    },
  },
  {
    name: "containers: wait conditions",
    run: async ({ api, create, start, see }) => {
      /** The headers come when the wait is known to the engine, the answer when it is over. */
      const waiting = async (path: string): Promise<{ readonly answer: Promise<ApiAnswer> }> => {
        const { promise, resolve } = Promise.withResolvers<void>();
        const answer = api.request(path, { method: "POST", onHead: resolve });
        await promise;
        return { answer };
      };
      await create("c1", { Cmd: ["sh", "-c", "exit 4"] });
      see("created, not-running", (await api.post("/containers/c1/wait")).text);
      const next = await waiting("/containers/c1/wait?condition=next-exit");
      await api.post("/containers/c1/start");
      see("next-exit", (await next.answer).text);
      see("exited", (await api.post("/containers/c1/wait?condition=not-running")).text);
      const removed = await waiting("/containers/c1/wait?condition=removed");
      await api.delete("/containers/c1");
      see("removed", (await removed.answer).text);
      await start("c2", { Cmd: ["sh", "-c", "sleep 0.3; exit 5"] });
      see("running", (await api.post("/containers/c2/wait")).text);
      see("bad condition", (await api.post("/containers/c2/wait?condition=bogus")).status);
    },
  },
  {
    name: "containers: rename, prefix, names with slash",
    run: async ({ api, create, see }) => {
      const id = await create("t1");
      see("rename", (await api.post("/containers/t1/rename?name=t2")).status);
      see("by name", (await api.get("/containers/t2/json")).json<{ Name: string }>().Name);
      see("by prefix", (await api.get(`/containers/${id.slice(0, 6)}/json`)).json<{ Name: string }>().Name);
      see("old name", (await api.get("/containers/t1/json")).status);
      see("old name is free", (await api.post("/containers/create?name=t1", { Image: "busybox" })).status);
      see("with slash", (await api.post("/containers/create?name=/t3", { Image: "busybox" })).status);
    },
  },
  {
    name: "containers: a network tells the new name of one that runs at once",
    run: async ({ api, start, see }) => {
      await start("n1", { Cmd: ["sleep", "61"] });
      const names = async (): Promise<string[]> => {
        const { Containers } = (await api.get("/networks/bridge")).json<{ Containers: Record<string, { Name: string }> }>();
        return Object.values(Containers).map(({ Name }) => Name);
      };
      see("before", await names());
      see("rename", (await api.post("/containers/n1/rename?name=n2")).status);
      see("after", await names());
    },
  },
  {
    name: "containers: top",
    run: async ({ api, start, see }) => {
      await start("t1", { Cmd: ["sleep", "61"] });
      const top = (await api.get("/containers/t1/top")).json<{ Titles: string[]; Processes: string[][] }>();
      see("titles", top.Titles);
      see(
        "commands",
        top.Processes.map((row) => row.at(-1)),
      );
      const aux = (await api.get("/containers/t1/top?ps_args=aux")).json<{ Titles: string[]; Processes: string[][] }>();
      see("aux", aux.Titles);
      const few = (await api.get("/containers/t1/top?ps_args=-o%20pid,comm")).json<{ Titles: string[]; Processes: string[][] }>();
      see("-o", [few.Titles, few.Processes.map((row) => row.slice(1))]);
    },
  },
  {
    name: "containers: AutoRemove",
    run: async ({ api, start, see }) => {
      const id = await start("t1", { Cmd: ["sh", "-c", "sleep 0.3; exit 9"], HostConfig: { AutoRemove: true } });
      see("wait removed", (await api.post(`/containers/${id}/wait?condition=removed`)).text);
      see("gone", (await api.get(`/containers/${id}/json`)).status);
    },
  },
  {
    name: "containers: restart policy on-failure",
    run: async ({ api, start, see }) => {
      await start("t1", { Cmd: ["sh", "-c", "exit 1"], HostConfig: { RestartPolicy: { Name: "on-failure", MaximumRetryCount: 2 } } });
      await until(
        async () => {
          const now = (await api.get("/containers/t1/json")).json<{ RestartCount: number; State: { Status: string } }>();
          return now.RestartCount >= 2 && now.State.Status === "exited";
        },
        30_000,
        "the container did not come to its second restart",
      );
      const inspect = (await api.get("/containers/t1/json")).json<{ RestartCount: number; State: { ExitCode: number } }>();
      see("after", { RestartCount: inspect.RestartCount, ExitCode: inspect.State.ExitCode });
    },
  },
];
