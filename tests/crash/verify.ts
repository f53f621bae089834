import type { EngineApi } from "../harness/engine-api.ts";
import type { Journal } from "./scenario.ts";

/** What is wrong after a restart, judged by what was acknowledged before the crash; empty when all is right. */
export async function verify(api: EngineApi, journal: Journal): Promise<string[]> {
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

  const a = await state("ann");
  if (has("create ann") && !tried("remove ann") && a === null) wrong.push("container ann was created and is lost");
  if (has("remove ann") && a !== null) wrong.push("container ann was removed and is back");
  if (has("start ann") && !tried("stop ann") && a !== "running") wrong.push(`container ann was started and is ${a}`);
  if (has("stop ann") && !tried("restart ann") && a !== "exited") wrong.push(`container ann was stopped and is ${a}`);
  if (has("restart ann") && !tried("remove ann") && a !== "running") wrong.push(`container ann was started again and is ${a}`);
  if (a !== null && !["created", "running", "exited"].includes(a)) wrong.push(`container ann is ${a}`);

  const b = await state("bob");
  if (has("wait bob") && b !== null) wrong.push("container bob had removed itself and is back");
  if (b !== null && !["created", "running"].includes(b)) wrong.push(`container bob, which removes itself, is ${b}`);

  const image = await api.get("/images/second/json");
  if (has("load") && !tried("untag") && image.status !== 200) wrong.push("the loaded image is lost");
  if (has("untag") && image.status !== 404) wrong.push("the removed image is back");
  const busybox = await api.get("/images/busybox/json");
  if (busybox.status !== 200) wrong.push("the first image is lost");
  if (image.status === 200) {
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

/** Removes every container and the second image; what is wrong about that. */
export async function removeAll(api: EngineApi): Promise<string[]> {
  const wrong: string[] = [];
  for (const container of (await api.get("/containers/json?all=1")).json<{ Id: string }[]>()) {
    const answer = await api.delete(`/containers/${container.Id}?force=1&v=1`);
    if (answer.status !== 204 && answer.status !== 404) wrong.push(`rm -f: ${answer.status} ${answer.text}`);
  }
  const left = (await api.get("/containers/json?all=1")).json<unknown[]>();
  if (left.length > 0) wrong.push(`${left.length} containers are left`);
  const untag = await api.delete("/images/second?force=1");
  if (untag.status !== 200 && untag.status !== 404) wrong.push(`rmi: ${untag.status} ${untag.text}`);
  return wrong;
}
