import { fail } from "@berth/base";
import type { Query } from "./query.ts";

/** Rows and columns of a terminal from `h` and `w`. Throws invalid in dockerd's words. */
export function sizeOf(query: Query): { readonly rows: number; readonly columns: number } {
  return { rows: sideOf(query, "h"), columns: sideOf(query, "w") };
}

function sideOf(query: Query, side: "h" | "w"): number {
  const text = query.text(side);
  const bad = !/^\d+$/.test(text) ? "invalid syntax" : Number(text) > 65_535 ? "value out of range" : null;
  if (bad !== null) throw fail("invalid", `strconv.Atoi: parsing ${JSON.stringify(text)}: ${bad}`);
  return Number(text);
}
