import { fail } from "@berth/base";
import type { Core } from "../core.ts";
import { parseLink } from "./create/joins.ts";
import { writeCopy } from "./folder.ts";

/**
 * Takes a link away from the container that has it; `reference` is `CONTAINER/ALIAS`, as the CLI's `rm --link` says it. Its hosts file is without the link from
 * its next start on. Throws not-found, and invalid for a container's own name.
 */
export async function removeLink(core: Core, reference: string): Promise<void> {
  const [name = "", alias] = reference.replace(/^\//, "").split("/", 2);
  if (alias === undefined) {
    core.records.lookup(reference);
    throw fail("invalid", "Conflict, cannot remove the default link name of the container");
  }
  const missing = fail("not-found", `No such container: ${reference}`);
  const id = core.records.idOfName(name);
  if (id === null) throw missing;
  await core.locks.run(id, async () => {
    const { hostConfig } = core.records.need(id);
    const links = hostConfig.Links ?? [];
    const kept = links.filter((link) => parseLink(link).alias !== alias);
    if (kept.length === links.length) throw missing;
    const after = await core.steps.run("unlink.row", () =>
      core.records.update(id, { hostConfig: { ...hostConfig, Links: kept.length === 0 ? null : kept } }),
    );
    await writeCopy(core, after);
  });
}
