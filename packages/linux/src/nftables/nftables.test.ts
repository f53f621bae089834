import { expect, test } from "bun:test";
import { inPrivateNetwork } from "../testing/private-network.ts";
import { openNftables } from "./open-nftables.ts";

inPrivateNetwork(import.meta.path, () => {
  test("commands are one transaction, errors have a code", () => {
    const nftables = openNftables();
    nftables.run("add table ip probe\nadd set ip probe ports { type inet_service; elements = { 80 } }");
    expect(() => nftables.run("add element ip probe ports { 81 }\nadd element ip nothere ports { 82 }")).toThrow(
      "No such file or directory",
    );
    expect(nftables.list("list set ip probe ports")).toMatchObject({
      nftables: [expect.anything(), { set: { family: "ip", table: "probe", name: "ports", elem: [80] } }],
    });
    expect(() => nftables.run("nonsense")).toThrow("syntax error");
    expect(() => nftables.run("delete element ip probe ports { 99 }")).toThrow(expect.objectContaining({ code: "ENOENT" }));
    nftables.close();
    expect(() => nftables.run("list ruleset")).toThrow("nftables is closed");
    nftables.close();
  });
});
