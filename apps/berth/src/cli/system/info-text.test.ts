import { expect, test } from "bun:test";
import { serverText, warningLines } from "./info-text.ts";

const berth = {
  Containers: 2,
  ContainersRunning: 1,
  ServerVersion: "0.1.0",
  Plugins: { Volume: ["local"], Network: [], Authorization: null },
  Swarm: { LocalNodeState: "inactive" },
  Runtimes: { runc: {}, crun: {} },
  DefaultRuntime: "crun",
  RuncCommit: { ID: "1.8.1" },
  ContainerdCommit: { ID: "" },
  InitCommit: { ID: "" },
  InitBinary: "",
  DockerRootDir: "/var/lib/berth",
};

test("the OCI runtime has its own name, and what is empty has no line", () => {
  const text = serverText(berth);
  expect(text).toContain(" OCI Runtime: crun 1.8.1\n All Runtimes: crun runc\n");
  expect(text).toContain(" Plugins:\n  Volume: local\n");
  for (const absent of ["containerd", "Init", "Swarm", "Network", "Labels"]) expect(text).not.toContain(absent);
  for (const line of text.split("\n")) if (line.endsWith(":")) expect(["Server:", " Plugins:"]).toContain(line);
});

test("dockerd's versions of runc and containerd keep their names", () => {
  const docker = { ...berth, ContainerdCommit: { ID: "1.6" }, InitBinary: "docker-init", InitCommit: { ID: "de40ad0" } };
  const text = serverText(docker);
  expect(text).toContain(" OCI Runtime: crun\n");
  expect(text).toContain(" runc: 1.8.1\n containerd: 1.6\n Init: docker-init de40ad0\n");
  expect(serverText({ ...docker, DefaultRuntime: "runc" })).toContain(" OCI Runtime: runc 1.8.1\n");
});

test("an engine that tells nothing is no failure", () => {
  expect(serverText({})).toBe("Server:\n");
  expect(warningLines({ Warnings: null })).toEqual([]);
});

test("each warning is marked once", () => {
  expect(warningLines({ Warnings: ["no swap", "WARNING: no limits"] })).toEqual(["WARNING: no swap", "WARNING: no limits"]);
});
