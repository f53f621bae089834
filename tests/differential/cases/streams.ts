import { demultiplex } from "../../harness/engine-api.ts";
import type { DifferentialCase } from "../case.ts";

/** Attach, exec and logs as bytes on the wire. */
export const streams: readonly DifferentialCase[] = [
  {
    name: "streams: attach with upgrade, framed output and half close",
    run: async ({ api, create, see }) => {
      await create("t1", { Cmd: ["sh", "-c", "cat; echo err >&2; exit 3"], OpenStdin: true, StdinOnce: true, AttachStdin: true });
      const stream = await api.hijack("/containers/t1/attach?stream=1&stdin=1&stdout=1&stderr=1");
      see("head", stream.head);
      await api.post("/containers/t1/start");
      stream.write("hello\n");
      await stream.waitFor("hello");
      stream.end();
      see("frames", demultiplex(await stream.rest()));
      see("wait", (await api.post("/containers/t1/wait")).json());
    },
  },
  {
    name: "streams: attach without upgrade",
    run: async ({ api, create, see }) => {
      await create("t1", { Cmd: ["sh", "-c", "echo out; echo err >&2"] });
      const stream = await api.hijack("/containers/t1/attach?stream=1&stdout=1&stderr=1", { upgrade: false });
      see("head", stream.head);
      await api.post("/containers/t1/start");
      const frames = demultiplex(await stream.rest());
      see(
        "stdout",
        frames.filter(([type]) => type === 1),
      );
      see(
        "stderr",
        frames.filter(([type]) => type === 2),
      );
    },
  },
  {
    name: "streams: attach with a terminal is raw, detach keys leave",
    run: async ({ api, create, see }) => {
      await create("t1", { Cmd: ["sh", "-c", "echo ready; cat"], Tty: true, OpenStdin: true });
      const stream = await api.hijack("/containers/t1/attach?stream=1&stdin=1&stdout=1&stderr=1");
      await api.post("/containers/t1/start");
      await stream.waitFor("ready");
      stream.write("one\n");
      await stream.waitFor("one\r\none");
      stream.write("\x10");
      stream.write("\x11");
      see("bytes", (await stream.rest()).toString());
      see("still running", (await api.get("/containers/t1/json")).json<{ State: { Running: boolean } }>().State.Running);
    },
  },
  {
    name: "streams: attach errors before the stream",
    run: async ({ api, see, start }) => {
      await start("t1", { Cmd: ["sleep", "60"] });
      for (const path of ["/containers/nope/attach?stream=1", "/containers/t1/attach?stream=1&stdout=1&detachKeys=ctrl-zz"]) {
        const stream = await api.hijack(path);
        see(
          `${path}: head`,
          stream.head.split("\r\n").filter((line) => !/^(date|content-length)/i.test(line)),
        );
        see(`${path}: body`, (await stream.rest()).toString());
      }
    },
  },
  {
    name: "streams: attach with logs only replays",
    run: async ({ api, start, see, untilStatus }) => {
      await start("t1", { Cmd: ["sh", "-c", "echo one; echo two"] });
      await untilStatus("t1", "exited");
      const stream = await api.hijack("/containers/t1/attach?logs=1&stdout=1&stderr=1");
      see("frames", demultiplex(await stream.rest()));
    },
  },
  {
    name: "streams: two clients attached at once",
    run: async ({ api, create, see }) => {
      await create("t1", { Cmd: ["sh", "-c", "read x; echo got $x"], OpenStdin: true });
      const first = await api.hijack("/containers/t1/attach?stream=1&stdin=1&stdout=1");
      const second = await api.hijack("/containers/t1/attach?stream=1&stdout=1");
      await api.post("/containers/t1/start");
      first.write("word\n");
      see("first", demultiplex(await first.rest()));
      see("second", demultiplex(await second.rest()));
    },
  },
  {
    name: "streams: exec, framed, with exit code",
    run: async ({ api, start, see, untilExecEnded }) => {
      await start("t1", { Cmd: ["sleep", "60"], Env: ["A=container"] });
      const exec = (
        await api.post("/containers/t1/exec", {
          Cmd: ["sh", "-c", "cat; echo $A $B; id -u; pwd; echo err >/dev/stderr; exit 5"],
          AttachStdin: true,
          AttachStdout: true,
          AttachStderr: true,
          Env: ["B=exec"],
          User: "ann",
          WorkingDir: "/tmp",
        })
      ).json<{ Id: string }>();
      see("created", (await api.get(`/exec/${exec.Id}/json`)).json());
      const stream = await api.hijack(`/exec/${exec.Id}/start`, { body: { Detach: false, Tty: false } });
      see(
        "head",
        stream.head.split("\r\n").filter((line) => !/^(api-version|server|docker-experimental|ostype)/i.test(line)),
      );
      stream.write("input\n");
      stream.end();
      const frames = demultiplex(await stream.rest());
      see(
        "stdout",
        frames
          .filter(([type]) => type === 1)
          .map(([, text]) => text)
          .join(""),
      );
      see(
        "stderr",
        frames
          .filter(([type]) => type === 2)
          .map(([, text]) => text)
          .join(""),
      );
      await untilExecEnded(exec.Id);
      see("ended", (await api.get(`/exec/${exec.Id}/json`)).json());
      see("start twice", (await api.post(`/exec/${exec.Id}/start`, {})).status);
    },
  },
  {
    name: "streams: exec with a terminal and a size",
    run: async ({ api, start, see }) => {
      await start("t1", { Cmd: ["sleep", "60"] });
      const exec = (
        await api.post("/containers/t1/exec", {
          Cmd: ["sh", "-c", "read x; stty size; tty"],
          AttachStdin: true,
          AttachStdout: true,
          AttachStderr: true,
          Tty: true,
        })
      ).json<{ Id: string }>();
      const stream = await api.hijack(`/exec/${exec.Id}/start`, { body: { Detach: false, Tty: true } });
      see("resize", (await api.post(`/exec/${exec.Id}/resize?h=33&w=111`)).status);
      stream.write("go\n");
      see("bytes", (await stream.rest()).toString());
    },
  },
  {
    name: "streams: exec of what cannot be run",
    run: async ({ api, start, see, untilExecEnded }) => {
      await start("t1", { Cmd: ["sleep", "60"] });
      for (const command of ["nosuch", "/etc/noexec"]) {
        const exec = (await api.post("/containers/t1/exec", { Cmd: [command], AttachStdout: true, AttachStderr: true })).json<{
          Id: string;
        }>();
        const stream = await api.hijack(`/exec/${exec.Id}/start`, { body: {} });
        const text = (await stream.rest()).toString();
        see(command, {
          status: stream.status,
          words: ["executable file not found in $PATH", "permission denied"].filter((words) => text.includes(words)),
        });
        await untilExecEnded(exec.Id);
        see(`${command}: code`, (await api.get(`/exec/${exec.Id}/json`)).json<{ ExitCode: number }>().ExitCode);
      }
    },
  },
  {
    name: "streams: detached exec",
    run: async ({ api, start, see, untilExecEnded }) => {
      await start("t1", { Cmd: ["sleep", "60"] });
      const exec = (await api.post("/containers/t1/exec", { Cmd: ["sh", "-c", "echo x > /made"] })).json<{ Id: string }>();
      see("start", (await api.post(`/exec/${exec.Id}/start`, { Detach: true })).status);
      await untilExecEnded(exec.Id);
      const check = (await api.post("/containers/t1/exec", { Cmd: ["cat", "/made"], AttachStdout: true })).json<{ Id: string }>();
      see("made", demultiplex(await (await api.hijack(`/exec/${check.Id}/start`, { body: {} })).rest()));
    },
  },
  {
    name: "streams: logs with every option",
    run: async ({ api, start, see, untilStatus }) => {
      await start("t1", {
        Cmd: ["sh", "-c", "for i in 1 2 3 4 5; do echo line $i; done; echo err >&2; printf unended"],
        Labels: { a: "b" },
      });
      await untilStatus("t1", "exited");
      const logs = async (query: string): Promise<unknown> => {
        const answer = await api.get(`/containers/t1/logs?${query}`);
        return { status: answer.status, type: answer.headers["content-type"], frames: demultiplex(answer.body) };
      };
      see("stdout", await logs("stdout=1"));
      see("stderr", await logs("stderr=1"));
      see("until the past", await logs("stdout=1&until=1"));
      see("since the future", await logs(`stdout=1&since=${Math.floor(Date.now() / 1000) + 1000}`));
      see("follow of an ended one", await logs("stdout=1&follow=1"));
    },
  },
  {
    name: "streams: logs from the end, with timestamps and details",
    run: async ({ api, start, see, untilStatus }) => {
      await start("t1", { Cmd: ["sh", "-c", "for i in 1 2 3 4 5; do echo line $i; done; printf unended"], Labels: { a: "b" } });
      await untilStatus("t1", "exited");
      for (const query of ["tail=2", "tail=0", "tail=all", "tail=bogus", "tail=100", "timestamps=1&tail=1", "details=1&tail=1"]) {
        const answer = await api.get(`/containers/t1/logs?stdout=1&${query}`);
        see(query, { status: answer.status, frames: demultiplex(answer.body) });
      }
    },
  },
  {
    name: "streams: follow logs of a running container",
    run: async ({ api, start, see }) => {
      await start("t1", { Cmd: ["sh", "-c", "echo one; sleep 0.5; echo two; sleep 0.5; echo three"] });
      see("frames", demultiplex((await api.get("/containers/t1/logs?stdout=1&follow=1")).body));
    },
  },
  {
    name: "streams: logs of a terminal are raw",
    run: async ({ api, start, see, untilStatus }) => {
      await start("t1", { Cmd: ["sh", "-c", "echo one; echo two"], Tty: true });
      await untilStatus("t1", "exited");
      see("text", (await api.get("/containers/t1/logs?stdout=1")).text);
    },
  },
  {
    name: "streams: a long line and binary bytes come through whole",
    run: async ({ api, create, see }) => {
      await create("t1", { Cmd: ["sh", "-c", "head -c 100000 /dev/zero | tr '\\0' x; echo; printf '\\001\\377\\000end\\n'"] });
      const stream = await api.hijack("/containers/t1/attach?stream=1&stdout=1");
      await api.post("/containers/t1/start");
      const attached = demultiplex(await stream.rest());
      see(
        "attached bytes",
        attached.map(([type, text]) => [type, text.length]),
      );
      const logged = demultiplex((await api.get("/containers/t1/logs?stdout=1")).body);
      see(
        "logged bytes",
        logged.map(([type, text]) => [type, text.length]),
      );
    },
  },
];
