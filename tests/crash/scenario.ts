import type { ApiAnswer, EngineApi } from "../harness/engine-api.ts";
import { directory, file, tar } from "../harness/busybox-image.ts";

/** What the engine has acknowledged, and what was on its way when it died. */
export interface Journal {
  /** Operations that were answered with success, in order. */
  readonly acknowledged: string[];
  /** The operation that got no answer, if any. */
  inFlight: string | null;
}

type Outcome = Pick<ApiAnswer, "status" | "text">;
type Operation = readonly [name: string, call: () => Promise<Outcome>];

const archive = tar([directory("etc/"), file("etc/imported", Buffer.from("yes\n"))]);
const untilDie = "while [ ! -e /tmp/die ]; do sleep 0.05; done; rm /tmp/die; exit 1";

/** Well until `/tmp/sick` is there, which a start takes away; restarted when it is unhealthy. */
const checked = {
  Image: "busybox",
  Cmd: ["sh", "-c", "rm -f /tmp/sick; exec sleep 600"],
  Healthcheck: { Test: ["CMD", "test", "!", "-e", "/tmp/sick"], Interval: 1e8, Retries: 1 },
  StopTimeout: 0,
  HostConfig: {
    NetworkMode: "none",
    Annotations: { "berth.health-on-failure": "restart" },
    LogConfig: { Type: "json-file", Config: { format: "json" } },
  },
};

/**
 * A life in which every operation with steps occurs: `ann` serves a port and is stopped, filled, started, changed, committed and removed, `bob` removes
 * itself, `cat` has a network of its own, is paused, renamed to `dog`, ends and is started again by its policy, `eve` cannot start, `hal` becomes unhealthy and is started again.
 */
function operations(api: EngineApi, secondImage: Uint8Array): readonly Operation[] {
  const tarHeaders = { "Content-Type": "application/x-tar" };
  const published = { PortBindings: { "80/tcp": [{ HostPort: "8088" }] } };
  return [
    ["load", () => api.request("/images/load", { method: "POST", raw: secondImage, headers: tarHeaders })],
    ["tag", () => api.post("/images/second/tag?repo=third&tag=one")],
    ["import", () => api.request("/images/create?fromSrc=-&repo=imported", { method: "POST", raw: archive, headers: tarHeaders })],
    [
      "create ann",
      () =>
        api.post("/containers/create?name=ann", {
          Image: "busybox",
          Cmd: ["sleep", "600"],
          Volumes: { "/data": {} },
          StopTimeout: 1,
          HostConfig: { ...published, IpcMode: "shareable" },
        }),
    ],
    ["start ann", () => api.post("/containers/ann/start")],
    ["exec ann", () => exec(api)],
    ["create eve", () => api.post("/containers/create?name=eve", { Image: "busybox", Cmd: ["true"], HostConfig: published })],
    ["fail eve", async () => refused(await api.post("/containers/eve/start"))],
    ["remove eve", () => api.delete("/containers/eve")],
    ["stop ann", () => api.post("/containers/ann/stop?t=0")],
    ["fill ann", () => api.request("/containers/ann/archive?path=/data", { method: "PUT", raw: archive, headers: tarHeaders })],
    ["restart ann", () => api.post("/containers/ann/start")],
    ["limit ann", () => api.post("/containers/ann/update", { PidsLimit: 50, CpuShares: 300 })],
    ["change ann", () => api.post("/berth/containers/ann/change", { EnvAdd: ["CHANGED=1"], MountsAdd: added })],
    [
      "fail to change ann",
      async () => unchanged(await api.post("/berth/containers/ann/change", { EnvAdd: ["FAILED=1"], MountsAdd: hidden })),
    ],
    ["commit ann", () => api.post("/commit?container=ann&repo=committed")],
    ["drop committed", () => api.delete("/images/committed")],
    ["make lan", () => api.post("/networks/create", { Name: "lan" })],
    [
      "create cat",
      () =>
        api.post("/containers/create?name=cat", {
          Image: "busybox",
          Cmd: ["sh", "-c", untilDie],
          HostConfig: { RestartPolicy: { Name: "always" }, NetworkMode: "lan" },
        }),
    ],
    ["start cat", () => api.post("/containers/cat/start")],
    ["pause cat", () => api.post("/containers/cat/pause")],
    ["unpause cat", () => api.post("/containers/cat/unpause")],
    ["rename cat", () => api.post("/containers/cat/rename?name=dog")],
    ["die dog", () => endAndComeBack(api)],
    ["create bob", () => api.post("/containers/create?name=bob", { Image: "second", Cmd: ["true"], HostConfig: { AutoRemove: true } })],
    ["start bob", () => api.post("/containers/bob/start")],
    ["wait bob", () => removed(api)],
    ["create hal", () => api.at("v1.51").post("/containers/create?name=hal", checked)],
    ["start hal", () => api.post("/containers/hal/start")],
    ["sicken hal", () => sickenAndComeBack(api)],
    ["remove hal", () => api.delete("/containers/hal?force=1")],
    ["remove dog", () => api.delete("/containers/dog?force=1&v=1")],
    ["drop lan", () => api.delete("/networks/lan")],
    ["remove ann", () => api.delete("/containers/ann?force=1&v=1")],
    ["untag third", () => api.delete("/images/third:one")],
    ["untag", () => api.delete("/images/second")],
    ["remove imported", () => api.delete("/images/imported")],
  ];
}

/**
 * Lives with an engine up to the operation `until`, to the end without one. Stops silently at the first call that the engine
 * no longer answers; throws when it answers one with a failure.
 */
export async function live(api: EngineApi, secondImage: Uint8Array, until: string | null = null): Promise<Journal> {
  const journal: Journal = { acknowledged: [], inFlight: null };
  for (const [name, call] of operations(api, secondImage)) {
    let answer: Outcome;
    try {
      answer = await call();
    } catch {
      journal.inFlight = name;
      return journal;
    }
    if (answer.status >= 400) throw new Error(`${name}: ${answer.status} ${answer.text}`);
    journal.acknowledged.push(name);
    if (name === until) return journal;
  }
  return journal;
}

async function exec(api: EngineApi): Promise<Outcome> {
  const created = await api.post("/containers/ann/exec", { Cmd: ["echo", "from exec"], AttachStdout: true });
  if (created.status !== 201) return created;
  const stream = await api.hijack(`/exec/${created.json<{ Id: string }>().Id}/start`, { body: {} });
  const text = (await stream.rest()).toString();
  // The stream of a daemon that dies ends without a word.
  if (text === "" && (await api.get("/_ping")).status !== 200) throw new Error("gone");
  return { status: text.includes("from exec") ? 200 : 500, text };
}

/** A new volume. */
const added = [{ Type: "volume", Target: "/added" }];
/** Hides every program of the image. */
const hidden = [{ Type: "tmpfs", Target: "/bin" }];

/** No program is there: a change that must fail, and leave the container as it was. */
function unchanged(answer: ApiAnswer): Outcome {
  return answer.text.includes("it runs again as before") ? { status: 200, text: "" } : { status: 500, text: answer.text };
}

/** The port is taken: a start that must fail, and leave nothing. */
function refused(answer: ApiAnswer): Outcome {
  return answer.status === 500 && answer.text.includes("port is already allocated")
    ? { status: 200, text: "" }
    : { status: 500, text: answer.text };
}

/** Lets container dog end by a detached exec, and waits until its policy has started it again. */
async function endAndComeBack(api: EngineApi): Promise<Outcome> {
  const created = await api.post("/containers/dog/exec", { Cmd: ["touch", "/tmp/die"] });
  if (created.status !== 201) return created;
  const started = await api.post(`/exec/${created.json<{ Id: string }>().Id}/start`, { Detach: true });
  if (started.status !== 200) return started;
  for (let attempt = 0; attempt < 1000; attempt++) {
    const { RestartCount, State } = (await api.get("/containers/dog/json")).json<{ RestartCount: number; State: { Status: string } }>();
    if (RestartCount > 0 && State.Status === "running") return { status: 200, text: "" };
    await Bun.sleep(20);
  }
  return { status: 500, text: "dog was not started again" };
}

/** Lets container hal become unhealthy once it was healthy, and waits until it has been started again for that. */
async function sickenAndComeBack(api: EngineApi): Promise<Outcome> {
  const look = async (): Promise<HalState> => (await api.get("/containers/hal/json")).json<HalState>();
  for (let attempt = 0; attempt < 1000 && (await look()).State.Health?.Status !== "healthy"; attempt++) await Bun.sleep(20);
  const created = await api.post("/containers/hal/exec", { Cmd: ["touch", "/tmp/sick"] });
  if (created.status !== 201) return created;
  const started = await api.post(`/exec/${created.json<{ Id: string }>().Id}/start`, { Detach: true });
  if (started.status !== 200) return started;
  for (let attempt = 0; attempt < 1000; attempt++) {
    const { RestartCount, State } = await look();
    if (RestartCount > 0 && State.Status === "running") return { status: 200, text: "" };
    await Bun.sleep(20);
  }
  return { status: 500, text: "hal was not started again" };
}

interface HalState {
  readonly RestartCount: number;
  readonly State: { readonly Status: string; readonly Health?: { readonly Status: string } };
}

/** Waits until container bob, which removes itself, is gone. */
async function removed(api: EngineApi): Promise<Outcome> {
  for (let attempt = 0; attempt < 1000; attempt++) {
    const answer = await api.get("/containers/bob/json");
    if (answer.status === 404) return { status: 200, text: "" };
    await Bun.sleep(20);
  }
  return { status: 500, text: "bob was not removed" };
}
