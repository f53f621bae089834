import { constants } from "node:os";
import { fail } from "@berth/base";

/**
 * A signal by number or by name with or without `SIG`, in any case, also `RTMIN+3`. Linux numbers (signal(7)).
 * Throws invalid with Docker's words.
 */
export function parseSignal(text: string): number {
  if (/^\d+$/.test(text)) {
    const number = Number(text);
    if (number > 0 && number <= 64) return number;
    throw fail("invalid", number === 0 ? `Invalid signal: ${text}` : `The linux daemon does not support signal ${text}`);
  }
  const name = text.toUpperCase().replace(/^SIG/, "");
  const known = (constants.signals as Readonly<Record<string, number>>)[`SIG${name}`];
  if (known !== undefined) return known;
  const realTime = /^RT(MIN|MAX)(?:([+-])(\d{1,2}))?$/.exec(name);
  if (realTime !== null) {
    const offset = Number(realTime[3] ?? "0") * (realTime[2] === "-" ? -1 : 1);
    const number = (realTime[1] === "MIN" ? 34 : 64) + offset;
    if (number >= 34 && number <= 64) return number;
  }
  throw fail("invalid", `Invalid signal: ${text}`);
}
