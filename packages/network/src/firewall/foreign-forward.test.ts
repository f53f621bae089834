import { expect, test } from "bun:test";
import { foreignChains, reconcileForeign } from "./foreign-forward.ts";

function chain(table: string, policy: string): object {
  return { chain: { family: "ip", table, name: "FORWARD", handle: 1, type: "filter", hook: "forward", prio: 0, policy } };
}

function rule(table: string, handle: number, comment: string): object {
  return { rule: { family: "ip", table, chain: "FORWARD", handle, comment, expr: [] } };
}

test("a chain that drops gets two marked accepts, once", () => {
  const without = foreignChains({ nftables: [chain("filter", "drop")] });
  expect(reconcileForeign(without, ["berth0"]).split("\n")).toEqual([
    'insert rule ip filter FORWARD iifname "berth0" counter accept comment "berth berth0"',
    'insert rule ip filter FORWARD oifname "berth0" counter accept comment "berth berth0"',
  ]);
  const rules = [rule("filter", 5, "berth berth0"), rule("filter", 6, "berth berth0")];
  const marked = foreignChains({ nftables: [chain("filter", "drop"), ...rules] });
  expect(reconcileForeign(marked, ["berth0"])).toBe("");
});

test("another set of bridges, and rules of former versions, are put right", () => {
  const marked = foreignChains({ nftables: [chain("filter", "drop"), rule("filter", 5, "berth berth0"), rule("filter", 6, "berth")] });
  const commands = reconcileForeign(marked, ["berth0", "br-1"]).split("\n");
  expect(commands).toHaveLength(6);
  expect(commands.slice(0, 2)).toEqual(["delete rule ip filter FORWARD handle 5", "delete rule ip filter FORWARD handle 6"]);
});

test("they go when the chain accepts, or nobody needs them; other rules stay", () => {
  const rules = [rule("filter", 5, "berth"), rule("filter", 6, "other")];
  const removal = "delete rule ip filter FORWARD handle 5";
  expect(reconcileForeign(foreignChains({ nftables: [chain("filter", "accept"), ...rules] }), ["berth0"])).toBe(removal);
  expect(reconcileForeign(foreignChains({ nftables: [chain("filter", "drop"), ...rules] }), [])).toBe(removal);
});

test("our own table, other hooks and absurd listings are passed over", () => {
  expect(foreignChains({ nftables: [chain("berth", "drop"), { chain: { family: "ip", hook: "input", type: "filter" } }] })).toEqual([]);
  for (const absurd of [null, 1, {}, { nftables: 3 }, { nftables: [null, 1] }]) expect(foreignChains(absurd)).toEqual([]);
});
