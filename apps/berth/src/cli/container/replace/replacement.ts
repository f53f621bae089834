import { kindOf, messageOf, newId } from "@berth/base";
import { inspectContainer, removeContainer, renameContainer, startContainer, stopContainer, waitContainer } from "@berth/client";
import type { ContainerInspect } from "@berth/spec";
import type { Context } from "../../command.ts";

/** A new container that takes the place of the one that has its name; until {@link Replacement.finish} the old one can come back. */
export interface Replacement {
  /** What the new one is called until it has the name. */
  readonly name: string;
  /** Stops the old one and gives its name to the new one. After a failure everything is as it was. */
  takeOver(id: string): Promise<void>;
  /** The new one does not start: it goes, and the old one gets name and life back. Throws `reason`, with what became of the old one. */
  giveBack(id: string, reason: unknown): Promise<never>;
  /** The new one runs: the old one goes. */
  finish(): Promise<void>;
}

/** What `--replace` has to do; null when nothing has that name, so that the container is made as always. */
export async function planReplacement(context: Context, name: string): Promise<Replacement | null> {
  const old = await findNamed(context, name);
  if (old === null) return null;
  const { engine, stderr } = context;
  const suffix = newId().slice(0, 8);
  const asideName = `${name}-replaced-${suffix}`;
  const state: { wasRunning: boolean; aside: boolean; gone: boolean } = { wasRunning: old.State.Running, aside: false, gone: false };

  async function bringBack(): Promise<string> {
    if (state.gone) return "the container that was to be replaced had --rm and is gone";
    try {
      if (state.aside) await renameContainer(engine, old?.Id ?? "", name);
      if (!state.wasRunning) return `container ${name} is as it was`;
      await startContainer(engine, old?.Id ?? "");
      return `container ${name} runs again as before`;
    } catch (error) {
      const now = state.aside ? asideName : name;
      return `the old container is still there as ${now}, but could not be brought back: ${messageOf(error)}`;
    }
  }

  async function giveBack(id: string, reason: unknown): Promise<never> {
    await removeContainer(engine, id, { force: true, volumes: true }).catch(() => undefined);
    const outcome = await bringBack();
    throw new Error(`${messageOf(reason)}\nNothing was replaced: ${outcome}.`, { cause: reason });
  }

  return {
    name: `${name}-replacing-${suffix}`,
    giveBack,
    takeOver: async (id) => {
      try {
        state.aside = await setAside(context, old, asideName);
        state.gone = !state.aside;
        await renameContainer(engine, id, name);
      } catch (error) {
        await giveBack(id, error);
      }
    },
    finish: async () => {
      if (state.gone) return;
      try {
        await removeContainer(engine, old.Id, { force: true });
      } catch (error) {
        if (kindOf(error) === "not-found") return;
        await stderr.write(
          `WARNING: container ${name} was replaced, but the old one could not be removed and is now called ${asideName}: ${messageOf(error)}\n`,
        );
      }
    },
  };
}

/** Stops the old one and frees its name; false when it had `--rm` and is gone by that. */
async function setAside({ engine }: Context, old: ContainerInspect, asideName: string): Promise<boolean> {
  const goes = old.HostConfig.AutoRemove && old.State.Running ? await waitContainer(engine, old.Id, { condition: "removed" }) : null;
  await stopContainer(engine, old.Id);
  if (goes !== null) {
    await goes.result;
    return false;
  }
  await renameContainer(engine, old.Id, asideName);
  return true;
}

async function findNamed({ engine }: Context, name: string): Promise<ContainerInspect | null> {
  try {
    const found = await inspectContainer(engine, name);
    // Not one whose id only begins like the name.
    return found.Name === `/${name.replace(/^\//, "")}` ? found : null;
  } catch (error) {
    if (kindOf(error) === "not-found") return null;
    throw error;
  }
}
