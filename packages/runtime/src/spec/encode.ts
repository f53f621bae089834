import { randomUUID } from "node:crypto";
import type { RuntimeProcess, RuntimeSpec } from "@berth/spec";

/** RLIM_INFINITY, which no JavaScript number can hold. */
const UNLIMITED = "18446744073709551615";

/** The text of a config.json or of a process for exec; an infinite limit is written as RLIM_INFINITY. */
export function encodeSpec(value: RuntimeSpec | RuntimeProcess): string {
  const marker = randomUUID();
  return JSON.stringify(value, (_key, each: unknown) => (each === Number.POSITIVE_INFINITY ? marker : each)).replaceAll(
    `"${marker}"`,
    UNLIMITED,
  );
}
