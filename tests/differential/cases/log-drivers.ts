import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import path from "node:path";
import { demultiplex } from "../../harness/engine-api.ts";
import { until } from "../../harness/sandbox.ts";
import type { CaseContext, DifferentialCase } from "../case.ts";

type Options = Readonly<Record<string, string>>;

/** What a stream socket received, line by line, until `lines` of them have come. */
async function receiving({ sandbox }: CaseContext, lines: number, body: (address: string) => Promise<void>): Promise<string[]> {
  const folder = mkdtempSync(path.join(sandbox.folder, "syslog-"));
  const file = path.join(folder, "socket");
  let text = "";
  const server = createServer((socket) => socket.setEncoding("utf8").on("data", (piece: string) => (text += piece)));
  await new Promise<void>((resolve) => server.listen(file, resolve));
  try {
    await body(`unix://${file}`);
    await until(() => text.split("\n").length > lines, 20_000, `only this was received: ${JSON.stringify(text)}`);
  } finally {
    server.close();
    rmSync(folder, { recursive: true, force: true });
  }
  return text.trimEnd().split("\n");
}

/** A message without what differs from run to run: times and process ids. */
function timeless(line: string): string {
  return line
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)/, "TIME")
    .replace(/[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d/, "STAMP")
    .replace(/\[\d+\]: /, "[PID]: ")
    .replace(/^(<\d+>1 TIME \S+ \S+) \d+ /, "$1 PID ");
}

function withLog(type: string, options: Options = {}): Readonly<Record<string, unknown>> {
  return { HostConfig: { LogConfig: { Type: type, Config: options } } };
}

const script = ["sh", "-c", "echo one; echo two >&2; echo; printf unended"];

/** Makes, starts and waits for a container; its log as the API gives it. */
async function loggedBy(context: CaseContext, type: string, options: Options, query = ""): Promise<unknown> {
  const { api, start, untilStatus } = context;
  await start("t1", {
    Cmd: ["sh", "-c", "echo one; sleep 0.1; echo two"],
    Env: ["COLOR=red blue", "SIZE=1"],
    Labels: labels,
    ...withLog(type, options),
  });
  await untilStatus("t1", "exited");
  const answer = await api.get(`/containers/t1/logs?stdout=1&stderr=1${query}`);
  return answer.status === 200 ? demultiplex(answer.body) : { status: answer.status, text: answer.text };
}

const labels = { "com.example.b": "2&3=x", "com.example.a": "é ü", other: "no" };

/** Drivers of logs, their options, and what receivers get. */
export const logDrivers: readonly DifferentialCase[] = [
  {
    name: "log drivers: refusals at create",
    run: async ({ api, see }) => {
      const refused: readonly (readonly [string, string, Options])[] = [
        ["no such driver", "bogus", {}],
        ["json-file, unknown option", "json-file", { bogus: "1" }],
        ["local, unknown option", "local", { bogus: "1" }],
        ["journald, unknown option", "journald", { "max-size": "1m" }],
        ["syslog, unknown option", "syslog", { "max-size": "1m" }],
        ["mode", "json-file", { mode: "fast" }],
        ["buffer without mode", "json-file", { "max-buffer-size": "1m" }],
        ["buffer that is no size", "json-file", { mode: "non-blocking", "max-buffer-size": "bogus" }],
        ["cache-disabled", "syslog", { "cache-disabled": "bogus" }],
        ["syslog address", "syslog", { "syslog-address": "bogus" }],
        ["syslog address of another kind", "syslog", { "syslog-address": "http://localhost" }],
        ["syslog socket that is not there", "syslog", { "syslog-address": "unix:///nowhere/log" }],
        ["syslog facility", "syslog", { "syslog-facility": "bogus" }],
        ["syslog facility number", "syslog", { "syslog-facility": "24" }],
        ["syslog format", "syslog", { "syslog-format": "bogus" }],
      ];
      for (const [what, type, options] of refused) {
        const { status, text } = await api.post("/containers/create", { Image: "busybox", Cmd: ["true"], ...withLog(type, options) });
        see(what, { status, text });
      }
    },
  },
  {
    name: "log drivers: taken at create",
    run: async ({ api, see }) => {
      const taken: readonly (readonly [string, string, Options])[] = [
        ["none with anything", "none", { bogus: "1" }],
        ["json-file", "json-file", { "max-size": "10m", "max-file": "3", labels: "a", env: "B", tag: "{{.Name}}", compress: "true" }],
        ["patterns", "json-file", { "labels-regex": "^a", "env-regex": "^B" }],
        ["non-blocking", "json-file", { mode: "non-blocking", "max-buffer-size": "4m" }],
        ["local", "local", { "max-size": "10m", "max-file": "3", compress: "false" }],
        ["syslog", "syslog", { "syslog-address": "tcp://127.0.0.1:1", "syslog-facility": "local7", "syslog-format": "rfc5424micro" }],
        ["journald", "journald", { tag: "x", labels: "a" }],
        ["cache", "syslog", { "syslog-address": "udp://127.0.0.1", "cache-disabled": "true", "cache-max-size": "1m" }],
      ];
      for (const [what, type, options] of taken) {
        const { status, json } = await api.post("/containers/create", { Image: "busybox", Cmd: ["true"], ...withLog(type, options) });
        const { Id } = json<{ Id: string }>();
        const inspected = (await api.get(`/containers/${Id}/json`)).json<{ LogPath: string; HostConfig: { LogConfig: unknown } }>();
        see(what, { status, path: inspected.LogPath, config: inspected.HostConfig.LogConfig });
      }
    },
  },
  {
    name: "log drivers: refusals at start",
    run: async ({ api, create, see }) => {
      const refused: readonly (readonly [string, string, Options])[] = [
        ["size", "json-file", { "max-size": "bogus" }],
        ["size of nothing", "json-file", { "max-size": "0" }],
        ["number of files", "json-file", { "max-file": "0" }],
        ["number of files that is none", "json-file", { "max-file": "x" }],
        ["compressed without a size", "json-file", { compress: "true" }],
        ["compress", "json-file", { compress: "maybe" }],
        ["local size", "local", { "max-size": "bogus" }],
        ["local number of files", "local", { "max-file": "x" }],
        ["local compress", "local", { compress: "maybe" }],
        ["local compressed in one file", "local", { "max-file": "1" }],
      ];
      for (const [index, [what, type, options]] of refused.entries()) {
        await create(`t${index}`, { Cmd: ["true"], ...withLog(type, options) });
        const { status, text } = await api.post(`/containers/t${index}/start`);
        const { State } = (await api.get(`/containers/t${index}/json`)).json<{
          State: { Status: string; ExitCode: number; Error: string };
        }>();
        see(what, { status, text, state: State.Status, code: State.ExitCode, error: State.Error });
      }
    },
  },
  {
    name: "log drivers: json-file, local and none read back",
    run: async (context) => {
      const { api, see } = context;
      for (const type of ["json-file", "local", "none"]) {
        see(type, await loggedBy(context, type, {}));
        const { LogPath } = (await api.get("/containers/t1/json")).json<{ LogPath: string }>();
        see(`${type}: has a path`, LogPath !== "");
        await api.delete("/containers/t1");
      }
    },
  },
  {
    name: "log drivers: details of labels, environment and tag",
    run: async (context) => {
      const { api, see } = context;
      const chosen: readonly Options[] = [
        { labels: "com.example.b,missing,com.example.a" },
        { env: "COLOR,NOT_THERE", labels: "other" },
        { "labels-regex": "^com", "env-regex": "^S" },
        { tag: "{{.Name}}/{{.ImageName}}/{{.DaemonName}}", env: "SIZE" },
        { tag: "plain" },
      ];
      for (const options of chosen) {
        see(JSON.stringify(options), await loggedBy(context, "json-file", options, "&details=1&tail=1"));
        await api.delete("/containers/t1");
      }
    },
  },
  {
    name: "log drivers: syslog messages",
    run: async (context) => {
      const { api, see, start, untilStatus } = context;
      const kinds: readonly (readonly [string, Options])[] = [
        ["plain", {}],
        ["rfc3164", { "syslog-format": "rfc3164", "syslog-facility": "local3", tag: "{{.Name}}" }],
        ["rfc5424", { "syslog-format": "rfc5424", "syslog-facility": "16", tag: "docker/{{.ImageName}}/{{.Name}}" }],
        ["rfc5424micro", { "syslog-format": "rfc5424micro" }],
      ];
      for (const [what, options] of kinds) {
        const lines = await receiving(context, 3, async (address) => {
          await start("t1", { Cmd: script, ...withLog("syslog", { ...options, "syslog-address": address }) });
          await untilStatus("t1", "exited");
        });
        // Two streams come in no order.
        see(what, lines.map(timeless).sort());
        see(`${what}: path`, (await api.get("/containers/t1/json")).json<{ LogPath: string }>().LogPath);
        await api.delete("/containers/t1");
      }
    },
  },
  {
    name: "log drivers: a long line by syslog comes in pieces",
    run: async (context) => {
      const { see, start } = context;
      const lines = await receiving(context, 3, async (address) => {
        const Cmd = ["sh", "-c", "head -c 40000 /dev/zero | tr '\\0' x; echo"];
        await start("t1", { Cmd, ...withLog("syslog", { "syslog-address": address }) });
      });
      see(
        "lengths",
        lines.map((line) => line.replace(/^.*?\]: /, "").length),
      );
    },
  },
  {
    name: "log drivers: a receiver's log that may not be read back",
    run: async (context) => {
      const { api, see, start, untilStatus } = context;
      await receiving(context, 3, async (address) => {
        await start("t1", { Cmd: script, ...withLog("syslog", { "syslog-address": address, "cache-disabled": "true" }) });
        await untilStatus("t1", "exited");
        const { status, text } = await api.get("/containers/t1/logs?stdout=1");
        see("logs", { status, text });
      });
    },
  },
  {
    name: "log drivers: run by the command line",
    run: async ({ cli, see }) => {
      const said = async (...words: string[]): Promise<unknown> => {
        const { code, stdout, stderr } = await cli(words);
        return { code, stdout, stderr };
      };
      see("none", await said("run", "--rm", "--log-driver", "none", "busybox", "echo", "hello"));
      see("unknown", await said("run", "--rm", "--log-driver", "bogus", "busybox", "true"));
      see("option", await said("run", "--rm", "--log-opt", "bogus=1", "busybox", "true"));
      see("details", await said("run", "--name", "t2", "--log-opt", "env=A", "-e", "A=b", "busybox", "echo", "hello"));
      see("details read", await said("logs", "--details", "t2"));
      await said("run", "--name", "t3", "--log-driver", "none", "busybox", "echo", "hello");
      see("logs of none", await said("logs", "t3"));
      see("drivers", JSON.parse((await cli(["info", "--format", "{{json .LoggingDriver}}"])).stdout));
    },
  },
];
