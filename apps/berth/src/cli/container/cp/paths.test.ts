import { expect, test } from "bun:test";
import { behindLink, keepEnding, planCopy, renamer, sideOf, splitPath } from "./paths.ts";

test.each<[string, string, string]>([
  ["web:/etc", "web", "/etc"],
  ["web:", "web", ""],
  ["/a:b", "", "/a:b"],
  ["./a:b", "", "./a:b"],
  ["../a:b", "", "../a:b"],
  ["plain", "", "plain"],
  ["-", "", "-"],
  ["web:a:b", "web", "a:b"],
])("%s", (text, container, path) => {
  expect(sideOf(text)).toEqual({ container, path });
});

test("endings that say that a path is a folder are kept", () => {
  expect(keepEnding("/a", "a/")).toBe("/a/");
  expect(keepEnding("/a", "a/.")).toBe("/a/.");
  expect(keepEnding("/", ".")).toBe("/.");
  expect(keepEnding("/a", "a")).toBe("/a");
  expect(splitPath("/a/b/")).toEqual({ folder: "/a", base: "b" });
  expect(splitPath("/a/b/.")).toEqual({ folder: "/a/b", base: "." });
  expect(splitPath("/")).toEqual({ folder: "/", base: "/" });
  expect(behindLink("/a/link/", "/b/target")).toEqual({ path: "/b/target/", name: "link" });
  expect(behindLink("/a/same", "/b/same")).toEqual({ path: "/b/same", name: "" });
});

// The cases of `docker cp`'s description, each tried with docker 20.10.
test.each<[string, { name: string; isFolder: boolean }, { path: string; exists: boolean; isFolder: boolean }, string, string]>([
  ["file to a new name", { name: "f", isFolder: false }, { path: "/d/new", exists: false, isFolder: false }, "/d", "new"],
  ["file over a file", { name: "f", isFolder: false }, { path: "/d/old", exists: true, isFolder: false }, "/d", "old"],
  ["file into a folder", { name: "f", isFolder: false }, { path: "/d", exists: true, isFolder: true }, "/d", "f"],
  ["folder to a new name", { name: "s", isFolder: true }, { path: "/d/new", exists: false, isFolder: false }, "/d", "new"],
  ["folder to a new name with a slash", { name: "s", isFolder: true }, { path: "/d/new/", exists: false, isFolder: false }, "/d", "new"],
  ["folder into a folder", { name: "s", isFolder: true }, { path: "/d", exists: true, isFolder: true }, "/d", "s"],
  ["content to a new name", { name: ".", isFolder: true }, { path: "/d/new", exists: false, isFolder: false }, "/d", "new"],
  ["content into a folder", { name: ".", isFolder: true }, { path: "/d", exists: true, isFolder: true }, "/d", "."],
])("%s", (_, source, target, folder, name) => {
  const plan = planCopy(source, target);
  expect([plan.folder, plan.rename(source.name), plan.rename(`${source.name}/x`)]).toEqual([folder, name, `${name}/x`]);
});

test("what cannot be is refused in Docker's words", () => {
  expect(() => planCopy({ name: "s", isFolder: true }, { path: "/f", exists: true, isFolder: false })).toThrow("cannot copy directory");
  expect(() => planCopy({ name: "f", isFolder: false }, { path: "/d/", exists: false, isFolder: false })).toThrow("no such directory");
});

test("only whole names are replaced", () => {
  const rename = renamer("a", "b");
  expect(["a", "a/x", "ab", "x/a"].map((name) => rename(name))).toEqual(["b", "b/x", "ab", "x/a"]);
  expect(renamer("/", "b")("/x")).toBe("b/x");
});
