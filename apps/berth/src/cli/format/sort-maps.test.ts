import { expect, test } from "bun:test";
import { sortMaps } from "./sort-maps.ts";

test("maps are in the order of their names, fields as they came", () => {
  const value = {
    State: { Status: "x", Error: "" },
    Config: { User: "", Labels: { b: "1", a: "2" } },
    HostConfig: { LogConfig: { Type: "t", Config: { z: "1", y: "2" } } },
    Mounts: [{ Type: "bind", Labels: null }],
  };
  expect(JSON.stringify(sortMaps(value, new Set(["Labels"])))).toBe(
    '{"State":{"Status":"x","Error":""},"Config":{"User":"","Labels":{"a":"2","b":"1"}},"HostConfig":{"LogConfig":{"Type":"t","Config":{"y":"2","z":"1"}}},"Mounts":[{"Type":"bind","Labels":null}]}',
  );
});
