import { demultiplex, type EngineApi } from "../../harness/engine-api.ts";
import { until } from "../../harness/sandbox.ts";
import type { DifferentialCase } from "../case.ts";

async function create(api: EngineApi, body: Readonly<Record<string, unknown>>, container = "t1"): Promise<string> {
  return (await api.post(`/containers/${container}/exec`, body)).json<{ Id: string }>().Id;
}

/** Waits until an exec has ended; its inspection. */
async function ended(api: EngineApi, id: string): Promise<unknown> {
  let last: { Running: boolean; ExitCode: number | null } | null = null;
  await until(
    async () => {
      last = (await api.get(`/exec/${id}/json`)).json<{ Running: boolean; ExitCode: number | null }>();
      return !last.Running && last.ExitCode !== null;
    },
    20_000,
    "the exec has not ended",
  );
  return last;
}

/** Runs a command to its end; its framed output. */
async function output(api: EngineApi, body: Readonly<Record<string, unknown>>): Promise<unknown> {
  const id = await create(api, { AttachStdout: true, AttachStderr: true, ...body });
  const stream = await api.hijack(`/exec/${id}/start`, { body: {} });
  return demultiplex(await stream.rest());
}

/** Execs: what inspect, resize and the container tell of them, and every option. */
export const exec: readonly DifferentialCase[] = [
  {
    name: "exec: inspect before, while and after it runs",
    run: async ({ api, start, see }) => {
      await start("t1", { Cmd: ["sleep", "60"], User: "ann" });
      const id = await create(api, {
        Cmd: ["sh", "-c", "read x; exit 4", "a b"],
        AttachStdin: true,
        AttachStdout: true,
        Privileged: false,
        DetachKeys: "ctrl-a,b",
        Tty: false,
      });
      see("created", (await api.get(`/exec/${id}/json`)).json());
      const stream = await api.hijack(`/exec/${id}/start`, { body: {} });
      const running = (await api.get(`/exec/${id}/json`)).json<{ Pid: number }>();
      see("running", { ...running, Pid: running.Pid > 0 });
      see("ids", (await api.get("/containers/t1/json")).json<{ ExecIDs: unknown }>().ExecIDs);
      stream.end();
      await stream.rest();
      const after = (await ended(api, id)) as { Pid: number };
      see("ended", { ...after, Pid: after.Pid > 0 });
      see("no ids", (await api.get("/containers/t1/json")).json<{ ExecIDs: unknown }>().ExecIDs);
    },
  },
  {
    name: "exec: ids of created and running ones in inspect",
    run: async ({ api, start, see }) => {
      await start("t1", { Cmd: ["sleep", "60"] });
      const waits = await create(api, { Cmd: ["true"] });
      const runs = await create(api, { Cmd: ["sleep", "60"] });
      see("started", (await api.post(`/exec/${runs}/start`, { Detach: true })).status);
      const ids = (await api.get("/containers/t1/json")).json<{ ExecIDs: string[] }>().ExecIDs;
      see("known", [ids.length, ids.includes(waits), ids.includes(runs)]);
      see("started twice", (await api.post(`/exec/${runs}/start`, { Detach: true })).status);
    },
  },
  {
    name: "exec: user, environment, folder and group",
    run: async ({ api, start, see }) => {
      await start("t1", { Cmd: ["sleep", "60"], User: "ann", Env: ["A=1", "B=2"], WorkingDir: "/etc" });
      see("as the container", await output(api, { Cmd: ["sh", "-c", "id -u; id -g; pwd; echo $A $B $HOME"] }));
      see(
        "its own",
        await output(api, { Cmd: ["sh", "-c", "id -u; id -g; pwd; echo $A $B $C"], User: "0:7", Env: ["B=9", "C=3"], WorkingDir: "/tmp" }),
      );
      see("a number", await output(api, { Cmd: ["id", "-u"], User: "4321" }));
      see("no such user", await output(api, { Cmd: ["id"], User: "nobody-here" }));
      see("no such folder", await output(api, { Cmd: ["pwd"], WorkingDir: "/no/such" }));
    },
  },
  {
    name: "exec: capabilities follow the container's",
    run: async ({ api, start, see }) => {
      await start("t1", { Cmd: ["sleep", "60"], HostConfig: { CapDrop: ["ALL"], CapAdd: ["NET_ADMIN"] } });
      see("root", await output(api, { Cmd: ["grep", "Cap", "/proc/self/status"] }));
      see("a user", await output(api, { Cmd: ["grep", "CapEff", "/proc/self/status"], User: "1000" }));
    },
  },
  {
    name: "exec: resize waits for the start, and is refused after the end",
    run: async ({ api, start, see }) => {
      await start("t1", { Cmd: ["sleep", "60"] });
      const id = await create(api, { Cmd: ["sh", "-c", "read x; stty size"], Tty: true, AttachStdin: true, AttachStdout: true });
      const early = api.post(`/exec/${id}/resize?h=11&w=22`);
      const stream = await api.hijack(`/exec/${id}/start`, { body: { Tty: true } });
      see("early", (await early).status);
      see("again", (await api.post(`/exec/${id}/resize?h=33&w=44`)).status);
      stream.write("\n");
      see("bytes", (await stream.rest()).toString());
      await ended(api, id);
      const late = await api.post(`/exec/${id}/resize?h=1&w=1`);
      // How Docker says it depends on how far the end has come.
      see("late", late.status >= 400);
      see("unknown", (await api.post("/exec/nope/resize?h=1&w=1")).json());
      see("no size", (await api.post(`/exec/${id}/resize`)).json());
    },
  },
  {
    name: "exec: detach keys leave it running",
    run: async ({ api, start, see, events }) => {
      await start("t1", { Cmd: ["sleep", "60"] });
      let id = "";
      see(
        "events",
        await events(async () => {
          id = await create(api, {
            Cmd: ["sh", "-c", "echo up; read x"],
            Tty: true,
            AttachStdin: true,
            AttachStdout: true,
            DetachKeys: "ctrl-e,q",
          });
          const stream = await api.hijack(`/exec/${id}/start`, { body: { Tty: true } });
          await stream.waitFor("up");
          stream.write("\x05");
          stream.write("q");
          see("bytes", (await stream.rest()).toString());
        }),
      );
      see("running", (await api.get(`/exec/${id}/json`)).json<{ Running: boolean }>().Running);
    },
  },
  {
    name: "exec: events of one that runs, one that fails and one that is not there",
    run: async ({ api, start, see, events }) => {
      await start("t1", { Cmd: ["sleep", "60"], Labels: { a: "b" } });
      see(
        "runs",
        await events(async () => {
          const id = await create(api, { Cmd: ["sh", "-c", "exit 3"] });
          await api.post(`/exec/${id}/start`, { Detach: true });
          await ended(api, id);
        }, ["exitCode", "a", "image", "name"]),
      );
    },
  },
  {
    name: "exec: refusals",
    run: async ({ api, create: make, start, see }) => {
      await start("t1", { Cmd: ["sleep", "60"] });
      await make("stopped", { Cmd: ["true"] });
      const refused = async (path: string, body: unknown): Promise<unknown> => {
        const answer = await api.post(path, body);
        return [answer.status, answer.json()];
      };
      see("no command", await refused("/containers/t1/exec", { Cmd: [] }));
      see("not running", await refused("/containers/stopped/exec", { Cmd: ["true"] }));
      see("no container", await refused("/containers/nope/exec", { Cmd: ["true"] }));
      see("no exec", await refused("/exec/nope/start", {}));
      see("inspect of none", (await api.get("/exec/nope/json")).json());
      const waits = await create(api, { Cmd: ["true"] });
      await api.post("/containers/t1/pause");
      see("paused", await refused("/containers/t1/exec", { Cmd: ["true"] }));
      see("start while paused", await refused(`/exec/${waits}/start`, { Detach: true }));
      await api.post("/containers/t1/unpause");
    },
  },
  {
    name: "exec: it ends with its container",
    run: async ({ api, start, see, untilStatus }) => {
      await start("t1", { Cmd: ["sleep", "60"] });
      const id = await create(api, { Cmd: ["sh", "-c", "echo up; sleep 60"], AttachStdout: true });
      const stream = await api.hijack(`/exec/${id}/start`, { body: {} });
      await stream.waitFor("up");
      await api.post("/containers/t1/kill");
      await untilStatus("t1", "exited");
      see("frames", demultiplex(await stream.rest()));
      see("code", ((await ended(api, id)) as { ExitCode: number }).ExitCode);
    },
  },
];
