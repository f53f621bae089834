import type { EngineApi } from "../harness/engine-api.ts";
import type { Journal } from "./scenario.ts";

/** What happened to the containers' processes while no daemon was there. */
export type Meanwhile = "nothing" | "processes killed" | "monitors killed";

/** What is wrong after a restart, judged by what was acknowledged before the crash; empty when all is right. */
export async function verify(api: EngineApi, journal: Journal, meanwhile: Meanwhile = "nothing"): Promise<string[]> {
  const wrong: string[] = [];
  const has = (name: string): boolean => journal.acknowledged.includes(name);
  const tried = (name: string): boolean => has(name) || journal.inFlight === name;
  const state = async (name: string): Promise<string | null> => {
    const answer = await api.get(`/containers/${name}/json`);
    if (answer.status === 404) return null;
    if (answer.status !== 200) {
      wrong.push(`inspect ${name}: ${answer.status} ${answer.text}`);
      return null;
    }
    return answer.json<{ State: { Status: string } }>().State.Status;
  };
  const running = meanwhile === "nothing" ? "running" : "exited";

  const changing = journal.inFlight === "change ann" || journal.inFlight === "fail to change ann";
  if (changing) await verifyChanged(api, wrong);
  const a = await state("ann");
  if (changing && meanwhile === "nothing" && a !== "running") wrong.push(`container ann, which was being changed, is ${a}`);
  if (has("create ann") && !tried("remove ann") && a === null) wrong.push("container ann was created and is lost");
  if (has("remove ann") && a !== null) wrong.push("container ann was removed and is back");
  if (has("start ann") && !tried("stop ann") && a !== running) wrong.push(`container ann was started and is ${a}`);
  if (has("stop ann") && !tried("restart ann") && a !== "exited") wrong.push(`container ann was stopped and is ${a}`);
  if (has("restart ann") && !tried("remove ann") && !changing && a !== running) wrong.push(`container ann was started again and is ${a}`);
  if (a !== null && !["created", "running", "exited"].includes(a)) wrong.push(`container ann is ${a}`);

  if (has("fill ann") && a !== null) {
    const filled = await api.get("/containers/ann/archive?path=/data/etc/imported");
    if (filled.status !== 200) wrong.push(`what was copied into container ann is lost: ${filled.status} ${filled.text}`);
  }
  if (a === "running" && tried("limit ann")) await verifyLimited(api, has("limit ann"), wrong);

  const b = await state("bob");
  if (has("wait bob") && b !== null) wrong.push("container bob had removed itself and is back");
  if (b !== null && !["created", "running"].includes(b)) wrong.push(`container bob, which removes itself, is ${b}`);

  await verifyRenamed({ api, has, tried, state, wrong, meanwhile });

  const lan = (await api.get("/networks/lan")).status === 200;
  if (has("make lan") && !tried("drop lan") && !lan) wrong.push("network lan was made and is lost");
  if (has("drop lan") && lan) wrong.push("network lan was removed and is back");

  const h = await state("hal");
  if (has("create hal") && !tried("remove hal") && h === null) wrong.push("container hal was created and is lost");
  if (has("remove hal") && h !== null) wrong.push("container hal was removed and is back");
  if (h !== null && has("start hal") && !tried("remove hal") && meanwhile === "nothing") {
    let last: string | null = h;
    for (let attempt = 0; attempt < 1000 && last !== "running"; attempt++) {
      await Bun.sleep(20);
      last = await state("hal");
    }
    if (last !== "running") wrong.push(`container hal was started, sick or not, and is ${last}`);
  }

  const e = await state("eve");
  if (has("create eve") && !tried("remove eve") && e !== "created") wrong.push(`container eve, which cannot start, is ${e}`);
  if (has("remove eve") && e !== null) wrong.push("container eve was removed and is back");

  const images = async (name: string): Promise<boolean> => (await api.get(`/images/${name}/json`)).status === 200;
  for (const [name, made, dropped] of [
    ["second", "load", "untag"],
    ["third:one", "tag", "untag third"],
    ["imported", "import", "remove imported"],
    ["committed", "commit ann", "drop committed"],
  ] as const) {
    const there = await images(name);
    if (has(made) && !tried(dropped) && !there) wrong.push(`image ${name} is lost`);
    if (has(dropped) && there) wrong.push(`image ${name} was removed and is back`);
    if (!tried(made) && there) wrong.push(`image ${name} is there before its time`);
  }
  if (!(await images("busybox"))) wrong.push("the first image is lost");
  if (await images("second")) {
    const run = await api.post("/containers/create?name=check", { Image: "second", Cmd: ["true"] });
    if (run.status !== 201) wrong.push(`the loaded image cannot be used: ${run.text}`);
    const start = await api.post("/containers/check/start");
    if (start.status !== 204) wrong.push(`a container of the loaded image does not start: ${start.text}`);
  }
  if (a === "running") {
    const inspect = (await api.get("/containers/ann/json")).json<{ State: { Pid: number }; NetworkSettings: { IPAddress: string } }>();
    if (inspect.State.Pid <= 0) wrong.push("container ann runs without a pid");
    if (inspect.NetworkSettings.IPAddress === "") wrong.push("container ann runs without its address");
  }
  return wrong;
}

/** A change was under way: when the daemon has ended it, the container runs with its old settings or with the new ones, and with no others. */
async function verifyChanged(api: EngineApi, wrong: string[]): Promise<void> {
  let settled = false;
  for (let attempt = 0; attempt < 1500 && !settled; attempt++) {
    settled = (await api.post("/berth/containers/ann/change?dry-run=1", {})).status === 200;
    if (!settled) await Bun.sleep(20);
  }
  if (!settled) wrong.push("the change of container ann does not end");
  const { Config, Mounts } = (await api.get("/containers/ann/json")).json<{
    Config: { Env: string[] };
    Mounts: { Destination: string }[];
  }>();
  if (Config.Env.includes("FAILED=1")) wrong.push("container ann has what its failed change wanted");
  const added = Mounts.some(({ Destination }) => Destination === "/added");
  if (added !== Config.Env.includes("CHANGED=1")) wrong.push("container ann is half changed");
  if (Mounts.length !== (added ? 2 : 1)) wrong.push(`container ann has ${Mounts.length} mounts`);
}

/** What the row says of limits is what the kernel holds; of an acknowledged update it is what was asked for. */
async function verifyLimited(api: EngineApi, acknowledged: boolean, wrong: string[]): Promise<void> {
  const { HostConfig } = (await api.get("/containers/ann/json")).json<{ HostConfig: { PidsLimit: number | null } }>();
  const shown = HostConfig.PidsLimit;
  if (acknowledged && shown !== 50) wrong.push(`container ann was given 50 processes and shows ${shown}`);
  const command = ["sh", "-c", "cat /sys/fs/cgroup/pids/pids.max /sys/fs/cgroup/pids.max 2>/dev/null"];
  const exec = (await api.post("/containers/ann/exec", { Cmd: command, AttachStdout: true, Tty: true })).json<{ Id: string }>().Id;
  const stream = await api.hijack(`/exec/${exec}/start`, { body: { Tty: true } });
  const held = (await stream.rest()).toString().trim();
  if (held !== (shown === null || shown <= 0 ? "max" : String(shown)))
    wrong.push(`container ann shows ${shown} processes, the kernel has ${held}`);
}

/** The container that was `cat` and became `dog`; its policy keeps it running whatever happens. */
async function verifyRenamed(context: {
  readonly api: EngineApi;
  readonly has: (name: string) => boolean;
  readonly tried: (name: string) => boolean;
  readonly state: (name: string) => Promise<string | null>;
  readonly wrong: string[];
  readonly meanwhile: Meanwhile;
}): Promise<void> {
  const { has, tried, state, wrong } = context;
  const [cat, dog] = [await state("cat"), await state("dog")];
  if (cat !== null && dog !== null) wrong.push("container cat has two names");
  if (has("rename cat") && cat !== null) wrong.push("container cat has its former name");
  if (dog !== null && !tried("rename cat")) wrong.push("container cat has its later name");
  const name = cat !== null ? "cat" : "dog";
  if (has("create cat") && !tried("remove dog") && (cat ?? dog) === null) wrong.push("container cat was created and is lost");
  if (has("remove dog") && (cat ?? dog) !== null) wrong.push("container dog was removed and is back");
  if (!has("start cat") || tried("remove dog")) return;
  // A frozen one whose processes were killed has ended: its policy starts it afresh.
  const frozen = context.meanwhile === "nothing" && tried("pause cat") && !has("unpause cat");
  const wanted = !frozen ? ["running"] : has("pause cat") && !tried("unpause cat") ? ["paused"] : ["running", "paused"];
  let last = await state(name);
  for (let attempt = 0; attempt < 1000 && !wanted.includes(last ?? ""); attempt++) {
    await Bun.sleep(20);
    last = await state(name);
  }
  if (!wanted.includes(last ?? "")) wrong.push(`container ${name} was started and is ${last}, not ${wanted.join(" or ")}`);
}

/** Removes every container, volume folders included, the network, and all images but the first; what is wrong about that. */
export async function removeAll(api: EngineApi): Promise<string[]> {
  const wrong: string[] = [];
  for (const container of (await api.get("/containers/json?all=1")).json<{ Id: string }[]>()) {
    const answer = await api.delete(`/containers/${container.Id}?force=1&v=1`);
    if (answer.status !== 204 && answer.status !== 404) wrong.push(`rm -f: ${answer.status} ${answer.text}`);
  }
  const left = (await api.get("/containers/json?all=1")).json<unknown[]>();
  if (left.length > 0) wrong.push(`${left.length} containers are left`);
  const network = await api.delete("/networks/lan");
  if (network.status !== 204 && network.status !== 404) wrong.push(`network rm: ${network.status} ${network.text}`);
  for (const name of ["third:one", "second", "imported", "committed"]) {
    const untag = await api.delete(`/images/${name}?force=1`);
    if (untag.status !== 200 && untag.status !== 404) wrong.push(`rmi ${name}: ${untag.status} ${untag.text}`);
  }
  return wrong;
}
