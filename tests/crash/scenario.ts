import type { EngineApi } from "../harness/engine-api.ts";

/** What the engine has acknowledged, and what was on its way when it died. */
export interface Journal {
  /** Operations that were answered with success, in order. */
  readonly acknowledged: string[];
  /** The operation that got no answer, if any. */
  inFlight: string | null;
}

/** A life in which every operation with steps occurs. Stops silently at the first call that the engine no longer answers. */
export async function live(api: EngineApi, secondImage: Uint8Array): Promise<Journal> {
  const journal: Journal = { acknowledged: [], inFlight: null };
  const operations: readonly (readonly [name: string, call: () => Promise<{ readonly status: number; readonly text: string }>])[] = [
    ["load", () => api.request("/images/load", { method: "POST", raw: secondImage, headers: { "Content-Type": "application/x-tar" } })],
    [
      "create ann",
      () =>
        api.post("/containers/create?name=ann", {
          Image: "busybox",
          Cmd: ["sleep", "600"],
          Volumes: { "/data": {} },
          HostConfig: { PortBindings: { "80/tcp": [{ HostPort: "8088" }] }, Binds: [] },
        }),
    ],
    ["start ann", () => api.post("/containers/ann/start")],
    ["exec ann", () => exec(api)],
    ["stop ann", () => api.post("/containers/ann/stop?t=0")],
    ["restart ann", () => api.post("/containers/ann/start")],
    ["create bob", () => api.post("/containers/create?name=bob", { Image: "second", Cmd: ["true"], HostConfig: { AutoRemove: true } })],
    ["start bob", () => api.post("/containers/bob/start")],
    ["wait bob", () => removed(api)],
    ["remove ann", () => api.delete("/containers/ann?force=1&v=1")],
    ["untag", () => api.delete("/images/second")],
  ];
  for (const [name, call] of operations) {
    try {
      const answer = await call();
      if (answer.status >= 400) throw new Error(`${name}: ${answer.status} ${answer.text}`);
      journal.acknowledged.push(name);
    } catch (error) {
      if (error instanceof Error && error.message.startsWith(`${name}: `)) throw error;
      journal.inFlight = name;
      return journal;
    }
  }
  return journal;
}

async function exec(api: EngineApi): Promise<{ status: number; text: string }> {
  const created = await api.post("/containers/ann/exec", { Cmd: ["echo", "from exec"], AttachStdout: true });
  if (created.status !== 201) return created;
  const stream = await api.hijack(`/exec/${created.json<{ Id: string }>().Id}/start`, { body: {} });
  const text = (await stream.rest()).toString();
  return { status: text.includes("from exec") ? 200 : 0, text };
}

/** Waits until container bob, which removes itself, is gone. */
async function removed(api: EngineApi): Promise<{ status: number; text: string }> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const answer = await api.get("/containers/bob/json");
    if (answer.status === 404) return { status: 200, text: "" };
    await Bun.sleep(20);
  }
  return { status: 500, text: "bob was not removed" };
}
