import type { DifferentialCase } from "../case.ts";

/** Ping, versions, unknown routes, request bodies. */
export const protocol: readonly DifferentialCase[] = [
  {
    name: "protocol: ping by GET and HEAD",
    run: async ({ api, see }) => {
      for (const method of ["GET", "HEAD"]) {
        const answer = await api.at("").request("/_ping", { method });
        const { "cache-control": cache, pragma, ostype, "content-type": type, "docker-experimental": experimental } = answer.headers;
        see(method, { status: answer.status, body: answer.text, cache, pragma, ostype, type, experimental });
        see(`${method} has Api-Version`, "api-version" in answer.headers);
      }
    },
  },
  {
    name: "protocol: version too old, too new, malformed",
    run: async ({ api, see }) => {
      for (const version of ["v1.10", "v1.99"]) {
        const answer = await api.at(version).get("/containers/json");
        see(version, { status: answer.status, text: answer.text.replaceAll(/is \d\.\d+/g, "is X"), type: answer.headers["content-type"] });
      }
    },
  },
  {
    name: "protocol: unknown route and method",
    run: async ({ api, see }) => {
      for (const [method, path] of [
        ["GET", "/nope"],
        ["POST", "/nope"],
        ["DELETE", "/containers/json"],
        ["PATCH", "/containers/json"],
        ["GET", "/containers/x/start"],
      ] as const) {
        const answer = await api.request(path, { method });
        see(`${method} ${path}`, { status: answer.status, text: answer.text, type: answer.headers["content-type"] });
      }
    },
  },
  {
    name: "protocol: create with wrong bodies",
    run: async ({ api, see }) => {
      const attempts: Record<string, { raw?: string; headers?: Record<string, string> }> = {
        malformed: { raw: "{x" },
        empty: { raw: "" },
        "wrong type": { raw: JSON.stringify({ Image: "busybox" }), headers: { "Content-Type": "text/plain" } },
        "not an object": { raw: "[1]" },
        "field of a wrong type": { raw: JSON.stringify({ Image: 5 }) },
      };
      for (const [name, options] of Object.entries(attempts)) {
        const answer = await api.request("/containers/create", { method: "POST", ...options });
        see(name, { status: answer.status, text: answer.text });
      }
    },
  },
  {
    name: "protocol: body on start",
    run: async ({ api, create, see }) => {
      await create("t1");
      const answer = await api.request("/containers/t1/start", { method: "POST", body: { Binds: [] } });
      see("start", { status: answer.status, text: answer.text });
    },
  },
  {
    name: "protocol: headers of a JSON answer",
    run: async ({ api, see }) => {
      const answer = await api.get("/containers/json");
      const { "content-type": type, ostype, "docker-experimental": experimental } = answer.headers;
      see("headers", { type, ostype, experimental });
      see("text", answer.text);
    },
  },
  {
    name: "protocol: swarm family and plugins",
    run: async ({ api, see }) => {
      for (const path of ["/services", "/tasks", "/nodes", "/secrets", "/configs", "/swarm", "/plugins"]) {
        const answer = await api.get(path);
        see(path, { status: answer.status, text: answer.text });
      }
    },
  },
  {
    name: "protocol: version and info keys",
    run: async ({ api, see }) => {
      const version = (await api.get("/version")).json<Record<string, unknown>>();
      see("version", Object.fromEntries(Object.entries(version).map(([key, value]) => [`has ${key}`, typeof value])));
      const info = (await api.get("/info")).json<Record<string, unknown>>();
      see(
        "info",
        Object.fromEntries(
          Object.entries(info).map(([key, value]) => [
            `has ${key}`,
            `${value === null ? "null" : Array.isArray(value) ? "list" : typeof value}`,
          ]),
        ),
      );
      const { OSType, Architecture, NCPU, MemTotal, CgroupDriver, CgroupVersion, KernelVersion, Driver, Containers, Images, Swarm } = info;
      see("same machine", {
        OSType,
        Architecture,
        NCPU,
        MemTotal,
        CgroupDriver,
        CgroupVersion,
        KernelVersion,
        Driver,
        Containers,
        Images,
        Swarm,
      });
    },
  },
];
