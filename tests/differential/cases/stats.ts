import { until } from "../../harness/sandbox.ts";
import type { CaseContext, DifferentialCase } from "../case.ts";

/** Paths of all values with their types; how long a list is only where it is empty. */
function shapeOf(value: unknown, at = ""): string[] {
  if (Array.isArray(value)) return value.length === 0 ? [`${at}: []`] : shapeOf(value[0], `${at}[]`);
  if (value !== null && typeof value === "object") {
    const entries = Object.entries(value).flatMap(([key, entry]) => shapeOf(entry, `${at}.${key}`));
    return entries.length === 0 ? [`${at}: {}`] : entries;
  }
  return [`${at}: ${value === null ? "null" : typeof value}`];
}

interface Frame {
  readonly read: string;
  readonly preread: string;
  readonly memory_stats: { readonly limit?: number; readonly usage?: number };
  readonly pids_stats: { readonly current?: number; readonly limit?: number };
  readonly name: string;
  readonly networks?: Readonly<Record<string, unknown>>;
}

/** Frames of a stream until there are enough of them. */
async function frames({ api }: CaseContext, path: string, count: number): Promise<Frame[]> {
  const found: Frame[] = [];
  const socket = await api.open(`GET /v1.41${path} HTTP/1.1\r\nHost: docker\r\n\r\n`);
  let text = "";
  socket.on("data", (chunk: Buffer) => {
    text += chunk.toString();
  });
  const whole = (): string[] => text.split("\n").filter((line) => line.startsWith('{"') && line.trimEnd().endsWith("}"));
  try {
    await until(() => whole().length >= count, 30_000, `${path} sent too little: ${text.slice(0, 300)}`);
    for (const line of whole().slice(0, count)) found.push(JSON.parse(line) as Frame);
  } finally {
    socket.destroy();
  }
  return found;
}

const busy = { Cmd: ["sh", "-c", "dd if=/dev/zero of=/x bs=64k count=16 conv=fsync 2>/dev/null; while :; do sleep 0.05; done"] };

export const stats: readonly DifferentialCase[] = [
  {
    name: "stats: one frame, in every state and network mode",
    run: async (context) => {
      const { api, see, start, create } = context;
      await start("s1", { ...busy, HostConfig: { Memory: 67_108_864, PidsLimit: 20, NanoCpus: 500_000_000 } });
      await start("s2", { Cmd: ["sleep", "600"], HostConfig: { NetworkMode: "none" } });
      await start("s3", { Cmd: ["sleep", "600"], HostConfig: { NetworkMode: "host" } });
      await start("s4", { Cmd: ["sleep", "600"], HostConfig: { NetworkMode: "container:s1" } });
      await start("s5", { Cmd: ["sleep", "600"], HostConfig: { NetworkMode: "none" } });
      await api.post("/containers/s5/pause");
      await create("s6");
      await start("s7", { Cmd: ["false"] });
      await context.untilStatus("s7", "exited");
      for (const name of ["s1", "s2", "s3", "s4", "s5", "s6", "s7"]) {
        for (const query of ["stream=0", "stream=false&one-shot=true"]) {
          const answer = await api.get(`/containers/${name}/stats?${query}`);
          const frame = answer.json<Frame>();
          see(`${name} ${query}`, {
            status: answer.status,
            type: answer.headers["content-type"],
            shape: shapeOf(frame).sort(),
            name: frame.name,
            memoryLimit: frame.memory_stats.limit ?? null,
            pids: frame.pids_stats,
            compared: frame.preread !== "0001-01-01T00:00:00Z",
            looked: frame.read !== "0001-01-01T00:00:00Z",
          });
        }
      }
      await api.post("/containers/s5/unpause");
    },
  },
  {
    name: "stats: a stream, also of what does not run",
    run: async (context) => {
      await context.start("s1", { Cmd: ["sleep", "600"], HostConfig: { NetworkMode: "none" } });
      await context.create("s2");
      for (const name of ["s1", "s2"]) {
        const [, second, third] = await frames(context, `/containers/${name}/stats`, 3);
        context.see(name, { shape: shapeOf(third).sort(), follows: second?.read === third?.preread });
      }
    },
  },
  {
    name: "stats: a stream ends with the container's removal",
    run: async (context) => {
      const { api, see } = context;
      await context.start("s1", { Cmd: ["sleep", "600"], HostConfig: { NetworkMode: "none" } });
      const first = Promise.withResolvers<void>();
      const answer = api.request("/containers/s1/stats", { onChunk: () => first.resolve() });
      await first.promise;
      await api.delete("/containers/s1?force=1");
      const { status, text } = await answer;
      see("ended", { status, some: text.split("\n").length > 1 });
    },
  },
  {
    name: "stats: what is refused",
    run: async ({ api, see, create }) => {
      await create("s1");
      for (const path of ["s1/stats?one-shot=1", "s1/stats?stream=1&one-shot=1", "nope/stats", "nope/stats?stream=0"]) {
        const answer = await api.get(`/containers/${path}`);
        see(path, { status: answer.status, text: answer.text });
      }
    },
  },
  {
    name: "stats: by the docker CLI",
    run: async (context) => {
      await context.start("s1", { Cmd: ["sleep", "600"], HostConfig: { Memory: 67_108_864 } });
      await context.create("s2");
      const masked = (text: string): string => text.replace(/\d+(\.\d+)?(?=%|B|kB|MB|KiB)/g, "N").replace(/\b[KkM]i?B/g, "B");
      for (const args of [
        ["--format", "{{.Name}} {{.MemUsage}} {{.PIDs}} {{.NetIO}}"],
        ["-a", "--format", "{{.Name}} {{.CPUPerc}} {{.MemPerc}} {{.BlockIO}}"],
        ["--format", "json", "s1"],
        ["nope"],
        ["--format", "{{.ID}}", "--no-trunc", "s1", "s2"],
      ]) {
        const { code, stdout, stderr } = await context.cli(["stats", "--no-stream", ...args]);
        context.see(args.join(" "), { code, stdout: masked(stdout), stderr });
      }
    },
  },
];
