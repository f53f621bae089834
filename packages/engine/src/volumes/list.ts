import { fail } from "@berth/base";
import type { Filters, Volume } from "@berth/spec";
import type { Core } from "../core.ts";
import type { VolumeRecord } from "../mounts/volumes.store.ts";
import { showVolume } from "./show.ts";
import { volumeUsers } from "./users.ts";

type Test = (core: Core, volume: VolumeRecord, value: string) => boolean;

const tests: Readonly<Record<string, Test>> = {
  name: (_core, volume, value) => volume.name.includes(value),
  driver: (_core, _volume, value) => value === "local",
  dangling: (core, volume, value) => (volumeUsers(core, volume.name).length === 0) === isTrue(value),
  label: (_core, volume, value) => {
    const [key = "", ...rest] = value.split("=");
    return Object.hasOwn(volume.labels, key) && (rest.length === 0 || volume.labels[key] === rest.join("="));
  },
};

/** The volumes that fit. Values of one key are alternatives, except labels. Throws invalid for an unknown filter. */
export function listVolumes(core: Core, filters: Filters): Volume[] {
  for (const key of Object.keys(filters)) if (!Object.hasOwn(tests, key)) throw fail("invalid", `Invalid filter '${key}'`);
  const chosen = core.volumes.all().filter((volume) =>
    Object.entries(filters).every(([key, values]) => {
      const fits = (value: string): boolean => tests[key]?.(core, volume, value) ?? false;
      return values.length === 0 || (key === "label" ? values.every(fits) : values.some(fits));
    }),
  );
  return chosen.map((volume) => showVolume(core, volume));
}

function isTrue(value: string): boolean {
  if (["1", "t", "T", "true", "True", "TRUE"].includes(value)) return true;
  if (["0", "f", "F", "false", "False", "FALSE"].includes(value)) return false;
  throw fail("invalid", `invalid filter 'dangling=[${value}]'`);
}
