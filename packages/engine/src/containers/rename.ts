import { fail, kindOf, messageOf } from "@berth/base";
import type { Core } from "../core.ts";
import { emitContainerEvent } from "./events.ts";
import { writeCopy } from "./folder.ts";
import { checkName } from "./names.ts";

/** Gives a container another name. Throws invalid for the same or a bad name, conflict for one in use. */
export async function renameContainer(core: Core, reference: string, newName: string): Promise<void> {
  if (reference === "" || newName === "") throw fail("invalid", "Neither old nor new names may be empty");
  const { id } = core.records.lookup(reference);
  await core.locks.run(id, async () => {
    const record = core.records.need(id);
    const name = newName.startsWith("/") ? newName.slice(1) : newName;
    if (name === record.name) throw fail("invalid", "Renaming a container with the same name as its current name");
    const reserved = reserve(core, name, id);
    try {
      const after = await core.steps.run("rename.row", () =>
        core.database.transaction(() => {
          core.networks.rename(id, name);
          return core.records.update(id, { name });
        }),
      );
      emitContainerEvent(core, after, "rename", { oldName: `/${record.name}` });
      await writeCopy(core, after);
    } finally {
      reserved.free();
    }
  });
}

function reserve(core: Core, name: string, id: string): ReturnType<Core["records"]["reserveName"]> {
  try {
    return core.records.reserveName(checkName(`/${name}`), id);
  } catch (error) {
    throw fail(kindOf(error), `Error when allocating new name: ${messageOf(error)}`, error);
  }
}
