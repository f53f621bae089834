import { type BerthError, fail } from "@berth/base";

/** Docker's sentences for what a container's state forbids. */
export function notRunning(id: string): BerthError {
  return fail("conflict", `Container ${id} is not running`);
}

export function isRestarting(id: string): BerthError {
  return fail("conflict", `Container ${id} is restarting, wait until the container is running`);
}

export function isPaused(id: string): BerthError {
  return fail("conflict", `Container ${id} is paused, unpause the container before exec`);
}
