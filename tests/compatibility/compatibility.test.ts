import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import path from "node:path";
import { cases } from "../differential/cases/index.ts";
import { wordsOf } from "../differential/same-data/line.ts";
import { lineGroups } from "../differential/same-data/lines/index.ts";
import { itemsOfCommandLine, readDockerCommands } from "./docker-commands.ts";
import { itemsOfRequest, readEndpoints } from "./endpoints.ts";
import { ownTests } from "./own-tests.ts";
import { makePage, pageFile } from "./page.ts";
import { readResults, shownBy } from "./results.ts";

test("docs/compatibility.md is what `bun tests/compatibility/generate.ts` makes of today's commands and results", async () => {
  expect(readFileSync(pageFile, "utf8") === (await makePage()), "run `bun tests/compatibility/generate.ts`").toBe(true);
}, 30_000);

test("docs/compatibility.json claims nothing from cases that are gone", () => {
  const names = new Set([...cases.map(({ name }) => name), ...lineGroups.map(({ name }) => `same data: ${name}`)]);
  const { engine, ownCli, sameData } = readResults();
  const claimed = [engine, ownCli, ...Object.values(sameData)].flatMap((results) => Object.keys(results));
  expect(claimed.filter((name) => !names.has(name))).toEqual([]);
});

test("what stands for own tests is there", () => {
  const items = new Set(readDockerCommands().flatMap(({ name, flags }) => [name, ...[...flags.keys()].map((flag) => `${name} --${flag}`)]));
  for (const own of ownTests) {
    expect(readFileSync(path.join(import.meta.dir, "../..", own.file), "utf8")).toContain(own.name);
    expect(own.items.filter((item) => !items.has(item.trim()))).toEqual([]);
  }
});

test("the words of a line are parted as a shell parts them", () => {
  expect(wordsOf("ps --format '{{.ID}} {{.Names}}' a'b c'd ''")).toEqual(["ps", "--format", "{{.ID}} {{.Names}}", "ab cd", ""]);
});

test("a command line is taken apart as docker does it", () => {
  const commands = readDockerCommands();
  const items = (line: string): string[] => itemsOfCommandLine(commands, line.split(" "));
  expect(items("container run -it --rm -e A=1 --memory=64m --net none busybox sh -c -x")).toEqual(
    ["", " --interactive", " --tty", " --rm", " --env", " --memory", " --network"].map((flag) => `run${flag}`),
  );
  expect(items("-H unix:///x ps -aqf name=x --no-trunc")).toEqual([
    "ps",
    "--host",
    "ps --all",
    "ps --quiet",
    "ps --filter",
    "ps --no-trunc",
  ]);
  expect(items("exec -u ann c1 ls --all -u")).toEqual(["exec", "exec --user"]);
  expect(items("stop -t5 c1 --signal INT")).toEqual(["stop", "stop --timeout", "stop --signal"]);
  expect(items("rm c1 -- -f")).toEqual(["rm"]);
  expect(items("nonsense --all")).toEqual([]);
  expect(items("--version")).toEqual(["--version"]);
  expect(commands.find(({ name }) => name === "run")?.flags.size).toBe(104);
});

test("a request is found by method and path, with the parameters that Docker has", () => {
  const items = (method: string, path: string, body?: unknown): string[] => itemsOfRequest(readEndpoints(), { method, path, body });
  expect(items("POST", "/containers/create?name=x&bogus=1", { Image: "i", HostConfig: { Memory: 5, Bogus: 1 } })).toEqual(
    ["", " ?name", " Image", " HostConfig.Memory"].map((parameter) => `POST /containers/create${parameter}`),
  );
  expect(items("GET", `/containers/json?all=1&filters=${encodeURIComponent('{"label":["a"]}')}`)).toEqual(
    ["", " ?all", " filters.label"].map((parameter) => `GET /containers/json${parameter}`),
  );
  expect(items("GET", "/containers/json?filters={x")).toEqual(["GET /containers/json"]);
  expect(items("GET", "/images/a/b/c:1/json")).toEqual(["GET /images/{name}/json"]);
  expect(items("PATCH", "/containers/json")).toEqual([]);
});

test("a refused call counts as such, and a difference at the call that showed it", () => {
  const uses = new Map([
    ["one", { worked: ["create", "inspect"], refused: ["stop"], last: ["inspect"] }],
    ["two", { worked: ["stop"], refused: ["kill"], last: ["kill"] }],
  ]);
  expect(shownBy(uses, new Map([["one", ["because"]]]))).toEqual({
    equal: ["create", "inspect", "stop"],
    refused: ["kill"],
    accepted: { because: ["inspect"] },
  });
});
