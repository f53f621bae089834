import { fail } from "@berth/base";
import type { Volume } from "@berth/spec";
import type { Core } from "../core.ts";
import { showVolume } from "./show.ts";

/** One volume by name. Throws not-found. */
export function inspectVolume(core: Core, name: string): Volume {
  const volume = core.volumes.find(name);
  if (volume === null) throw fail("not-found", `get ${name}: no such volume`);
  return showVolume(core, volume);
}
