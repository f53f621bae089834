import type { EngineApi } from "../../harness/engine-api.ts";
import { until } from "../../harness/sandbox.ts";
import type { DifferentialCase } from "../case.ts";

/** What a client of the kind that browsers have sees of an attachment. */
interface Seen {
  readonly opened: boolean;
  readonly kinds: readonly string[];
  readonly text: string;
  readonly code: number;
}

/** Attaching by WebSocket. */
export const webSockets: readonly DifferentialCase[] = [
  {
    name: "attach: by WebSocket",
    run: async ({ api, start, see, events }) => {
      const Cmd = ["sh", "-c", "read line; echo got $line; sleep 0.3; echo error >&2; sleep 0.3; echo end"];
      await start("one", { Cmd, OpenStdin: true });
      see("events", await events(async () => see("all", await talk(api, "one", "stream=1", "hello\n"))));
      await start("two", { Cmd: ["sh", "-c", "echo before; read line; echo after"], OpenStdin: true, Tty: true });
      await until(async () => (await api.get("/containers/two/logs?stdout=1")).text.includes("before"), 20_000, "nothing was written");
      see("logs and stream", await talk(api, "two", "stream=1&logs=1", "go\n"));
      await start("keys", { Cmd: ["cat"], OpenStdin: true, Tty: true });
      see("detach", (await talk(api, "keys", "stream=1&detachKeys=ctrl-a", "\x01")).code);
      see("still running", (await api.get("/containers/keys/json")).json<{ State: { Status: string } }>().State.Status);
      await api.post("/containers/keys/pause");
      for (const [name, query] of [
        ["nope", "stream=1"],
        ["keys", "stream=1"],
      ] as const) {
        const answer = await api.request(`/containers/${name}/attach/ws?${query}`, { headers: upgrade });
        see(`refused: ${name}`, { status: answer.status, text: answer.text });
      }
    },
  },
];

const upgrade = {
  Connection: "Upgrade",
  Upgrade: "websocket",
  Origin: "http://docker",
  "Sec-WebSocket-Version": "13",
  "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
};

function talk(api: EngineApi, name: string, query: string, message: string): Promise<Seen> {
  const socket = new WebSocket(`ws+unix://${api.socket}:/${api.version}/containers/${name}/attach/ws?${query}`);
  socket.binaryType = "arraybuffer";
  let opened = false;
  let text = "";
  const kinds = new Set<string>();
  socket.addEventListener("open", () => {
    opened = true;
    socket.send(message);
  });
  socket.addEventListener("message", ({ data }: MessageEvent<string | ArrayBuffer>) => {
    kinds.add(typeof data === "string" ? "text" : "binary");
    text += typeof data === "string" ? data : Buffer.from(data).toString();
  });
  return new Promise((resolve) => {
    socket.addEventListener("close", ({ code }) => resolve({ opened, kinds: [...kinds], text, code }));
  });
}
