import { expect, test } from "bun:test";
import { removeTraces } from "./remove-traces.ts";

function listing(marked: readonly number[]): unknown {
  const guard = { match: { op: "==", left: { meta: { key: "iifname" } }, right: "br-ours" } };
  return {
    nftables: [
      { rule: { family: "ip", table: "berth", chain: "guard", handle: 3, expr: [guard, { drop: null }] } },
      { chain: { family: "ip", table: "filter", name: "FORWARD", hook: "forward", type: "filter", policy: "drop" } },
      ...marked.map((handle) => ({ rule: { family: "ip", table: "filter", chain: "FORWARD", comment: "berth", handle } })),
      { rule: { family: "ip", table: "filter", chain: "FORWARD", comment: "other", handle: 99 } },
    ],
  };
}

async function commandsAfter(links: readonly string[], marked: readonly number[]): Promise<string[]> {
  const commands: string[] = [];
  await removeTraces({
    bridge: "berth0",
    netlink: {
      links: async () => links.map((name, index) => ({ index, name, mac: "", mtu: 1500, up: true, kind: "bridge", masterIndex: null })),
      removeLink: async (name) => void commands.push(`remove link ${name}`),
    },
    nftables: { run: (text) => void commands.push(...text.split("\n")), list: () => listing(marked) },
  });
  return commands;
}

test("table, bridge and our rules in other chains go; other rules stay", async () => {
  expect(await commandsAfter(["lo", "berth0"], [7, 8])).toEqual([
    "add table ip berth",
    "add table ip berth",
    "delete table ip berth",
    "delete rule ip filter FORWARD handle 7",
    "delete rule ip filter FORWARD handle 8",
    "remove link berth0",
  ]);
});

test("the bridges that the table names go too, those of others stay", async () => {
  const commands = await commandsAfter(["br-ours", "br-other", "berth0"], []);
  expect(commands.filter((command) => command.startsWith("remove link"))).toEqual(["remove link br-ours", "remove link berth0"]);
});

test("nothing but the table is asked for where nothing was left", async () => {
  expect(await commandsAfter(["lo"], [])).toEqual(["add table ip berth", "add table ip berth", "delete table ip berth"]);
});
