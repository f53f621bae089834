import { demultiplex, type EngineApi } from "../harness/engine-api.ts";
import { until } from "../harness/sandbox.ts";
import type { Random } from "./random.ts";

const kinds = ["created", "ended", "running", "always"] as const;
const patienceMs = 30_000;
const atMost = 12;

interface Inspection {
  readonly State: { readonly Status: string; readonly ExitCode: number; readonly Error: string };
}

/** A container that was acknowledged: whatever happens, this is how it must be found. */
interface Kept {
  readonly id: string;
  readonly kind: (typeof kinds)[number];
  /** The line in its log. */
  readonly token: string;
  /** The pid of its monitor that was killed, when it was: then it must have ended and name it. */
  lostMonitor: number | null;
}

/** Containers that live on while others come and go, and what is known of each. */
export class KeptContainers {
  readonly #random: Random;
  readonly #kept = new Map<string, Kept>();
  #count = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  get size(): number {
    return this.#kept.size;
  }

  /** Makes one more, and removes the oldest when there are enough. What is kept is known only when it was acknowledged. */
  async renew(api: EngineApi): Promise<void> {
    const oldest = this.#kept.size >= atMost ? [...this.#kept.keys()][0] : undefined;
    if (oldest !== undefined) {
      this.#kept.delete(oldest);
      await expectStatus(api.delete(`/containers/${oldest}?force=1&v=1`), 204, "remove a kept container");
    }
    const kind = this.#random.pick(kinds);
    const token = `token-${this.#count++}`;
    const command = kind === "ended" ? `echo ${token}; exit 3` : `echo ${token}; exec sleep 86400`;
    const created = await expectStatus(
      api.post(`/containers/create?name=kept-${token}`, {
        Image: "busybox",
        Cmd: ["sh", "-c", command],
        StopTimeout: 0,
        HostConfig: kind === "always" ? { RestartPolicy: { Name: "always" } } : {},
      }),
      201,
      "create a container to keep",
    );
    const { Id: id } = created.json<{ Id: string }>();
    if (kind !== "created") await expectStatus(api.post(`/containers/${id}/start`), 204, "start a container to keep");
    if (kind === "ended") await expectStatus(api.post(`/containers/${id}/wait`), 200, "wait for a container to keep");
    else if (kind !== "created") await until(async () => (await logOf(api, id)).includes(token), patienceMs, `${id} says nothing`);
    this.#kept.set(id, { id, kind, token, lostMonitor: null });
  }

  /** Takes note that a monitor was killed. */
  monitorKilled(id: string, pid: number): void {
    const kept = this.#kept.get(id);
    if (kept !== undefined) kept.lostMonitor ??= pid;
  }

  /** What is wrong with the kept containers now; those that their policy starts again are waited for. */
  async wrong(api: EngineApi): Promise<string[]> {
    const all = await Promise.all([...this.#kept.values()].map((kept) => wrongWith(api, kept)));
    return all.filter((words) => words !== "");
  }

  /** Forgets all, to be removed with everything else. */
  clear(): void {
    this.#kept.clear();
  }
}

async function wrongWith(api: EngineApi, kept: Kept): Promise<string> {
  const { id, kind, token, lostMonitor } = kept;
  const what = `the kept container ${id.slice(0, 12)} (${kind}${lostMonitor === null ? "" : ", its monitor was killed"})`;
  const wanted = kind === "created" ? "created" : kind === "ended" || (kind === "running" && lostMonitor !== null) ? "exited" : "running";
  let seen: Inspection["State"] | null = null;
  for (const end = Date.now() + patienceMs; seen?.Status !== wanted && Date.now() < end; await Bun.sleep(20)) {
    const answer = await api.get(`/containers/${id}/json`);
    if (answer.status !== 200) return `${what}: ${answer.status} ${answer.text}`;
    seen = answer.json<Inspection>().State;
  }
  if (seen?.Status !== wanted) return `${what} is ${JSON.stringify(seen)}`;
  if (kind === "ended" && seen.ExitCode !== 3) return `${what} ended with ${seen.ExitCode}`;
  if (wanted === "exited" && kind === "running" && (seen.ExitCode !== 137 || !seen.Error.includes(`conmon, process `)))
    return `${what} ended with ${seen.ExitCode} and says ${JSON.stringify(seen.Error)}`;
  if (kind === "created") return "";
  const log = await logOf(api, id);
  return log.includes(token) ? "" : `the log of ${what} is ${JSON.stringify(log)}`;
}

async function logOf(api: EngineApi, id: string): Promise<string> {
  const answer = await expectStatus(api.get(`/containers/${id}/logs?stdout=1`), 200, "logs of a kept container");
  return demultiplex(answer.body)
    .map(([, piece]) => piece)
    .join("");
}

async function expectStatus(answer: ReturnType<EngineApi["get"]>, status: number, what: string): ReturnType<EngineApi["get"]> {
  const got = await answer;
  if (got.status !== status) throw new Error(`${what}: ${got.status} ${got.text}`);
  return got;
}
