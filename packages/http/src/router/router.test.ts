import { expect, test } from "bun:test";
import { createRouter } from "./router.ts";

const router = createRouter([
  { method: "GET", path: "/images/json", target: "list" },
  { method: "GET", path: "/images/{name:path}/json", target: "inspect" },
  { method: "DELETE", path: "/images/{name:path}", target: "delete" },
  { method: "GET", path: "/containers/{name}/json", target: "container" },
  { method: "GET", path: "/_ping", target: "ping" },
]);

test("finds the route and its parameters", () => {
  expect(router("GET", "/images/json")?.target).toBe("list");
  expect(router("GET", "/images/host:5000/a/b/json")).toEqual({ target: "inspect", parameters: { name: "host:5000/a/b" } });
  expect(router("DELETE", "/images/a/b")?.parameters).toEqual({ name: "a/b" });
  expect(router("GET", "/containers/web/json")?.parameters).toEqual({ name: "web" });
  expect(router("GET", "/_ping")?.target).toBe("ping");
});

test("finds nothing for another method, path or an empty name", () => {
  for (const [method, path] of [
    ["POST", "/_ping"],
    ["GET", "/containers/a/b/json"],
    ["GET", "/containers//json"],
    ["GET", "/"],
    ["GET", "/_pingx"],
  ] as const) {
    expect(router(method, path)).toBeNull();
  }
});
