import { fail } from "@berth/base";
import type { Query } from "./query.ts";

/** Rows and columns of a terminal from `h` and `w`. Throws invalid in dockerd's words. */
export function sizeOf(query: Query): { readonly rows: number; readonly columns: number } {
  return { rows: sideOf(query, { name: "h", what: "height" }), columns: sideOf(query, { name: "w", what: "width" }) };
}

function sideOf(query: Query, side: { readonly name: string; readonly what: string }): number {
  const text = query.text(side.name);
  const bad = !/^\d+$/.test(text) ? "invalid syntax" : Number(text) > 65_535 ? "value out of range" : null;
  if (bad !== null) throw fail("invalid", `invalid resize ${side.what} ${JSON.stringify(text)}: ${bad}`);
  return Number(text);
}
