import { existsSync, writeFileSync } from "node:fs";
import path from "node:path";
import { type RunningEngine, startEngine } from "./engines.ts";
import type { Sandbox } from "./sandbox.ts";

/** Where podman is, null when it is not installed. */
export function podmanPath(): string | null {
  return ["/usr/bin/podman", "/usr/local/bin/podman"].find((file) => existsSync(file)) ?? null;
}

/**
 * Starts podman's API service with storage, state and networks of its own. What podman keeps elsewhere (locks in /dev/shm, addresses
 * in /var/lib/cni, namespaces below /run) goes to file systems that only the sandbox sees. Its cgroups have no parent of their own by
 * default: a container has to be created with the sandbox's.
 */
export async function startPodman(sandbox: Sandbox): Promise<RunningEngine> {
  const program = podmanPath();
  if (program === null) throw new Error("podman is not installed (make test PEERS=1 installs it)");
  const folder = path.join(sandbox.folder, "podman");
  const socket = `${folder}/engine.sock`;
  const private_ = ["/run", "/dev/shm", "/var/lib"].map((place) => `mount -t tmpfs tmpfs ${place}`).join(" && ");
  const prepared = await sandbox.run(["sh", "-c", `mkdir -p ${folder}/networks && ${private_}`]);
  if (prepared.code !== 0) throw new Error(`podman's private folders: ${prepared.stderr}`);
  const settings = `${folder}/containers.conf`;
  // Limits that the sandbox itself may not raise would be asked for by default.
  writeFileSync(
    settings,
    [
      "[containers]",
      "default_ulimits = []",
      "[engine]",
      'cgroup_manager = "cgroupfs"',
      'events_logger = "file"',
      "[network]",
      `network_config_dir = "${folder}/networks"`,
      "",
    ].join("\n"),
  );
  // podman refuses a run root of more than 50 characters.
  const places = ["--root", `${folder}/data`, "--runroot", "/run/podman", "--tmpdir", `${folder}/tmp`];
  const command = [program, ...places, "system", "service", "--time=0", `unix://${socket}`];
  return startEngine(sandbox, { kind: "podman", folder, socket, command, env: { CONTAINERS_CONF: settings } });
}
