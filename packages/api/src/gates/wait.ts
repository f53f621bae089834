import type { WaitResult } from "@berth/engine";
import { isAtLeast } from "@berth/spec";

/** The body of a wait: `Error` is null before 1.42 and left out since, when there is none. */
export function gateWait(result: WaitResult, version: string): unknown {
  if (result.Error !== null) return { StatusCode: result.StatusCode, Error: result.Error };
  return isAtLeast(version, "1.42") ? { StatusCode: result.StatusCode } : { Error: null, StatusCode: result.StatusCode };
}
