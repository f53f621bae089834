import type { Finding } from "./finding.ts";
import type { Room } from "./table.ts";
import type { Tree } from "./tree.ts";

/** The parts of a `package.json` that the rules look at. */
export interface Manifest {
  readonly name: string;
  readonly dependencies: ReadonlyMap<string, string>;
}

/** The manifest of each room that has one, by folder. */
export function readManifests(tree: Tree, rooms: ReadonlyMap<string, Room>): ReadonlyMap<string, Manifest> {
  const manifests = new Map<string, Manifest>();
  for (const folder of rooms.keys()) {
    const text = tree.get(`${folder}/package.json`);
    if (text === undefined) continue;
    const parsed = JSON.parse(text) as { name?: string; [kind: string]: unknown };
    const dependencies = new Map<string, string>();
    for (const kind of ["dependencies", "devDependencies", "peerDependencies", "optionalDependencies"]) {
      for (const [name, version] of Object.entries((parsed[kind] ?? {}) as Record<string, string>)) dependencies.set(name, version);
    }
    manifests.set(folder, { name: parsed.name ?? "", dependencies });
  }
  return manifests;
}

/** Compares every manifest with the table: names, permitted rooms, exact versions, no cycles; and lock files without addresses. */
export function checkManifests(tree: Tree, rooms: ReadonlyMap<string, Room>): Finding[] {
  const findings: Finding[] = [];
  const manifests = readManifests(tree, rooms);
  for (const path of tree.keys()) {
    const folder = /^((?:packages|apps)\/[^/]+)\//.exec(path)?.[1];
    if (folder !== undefined && !rooms.has(folder))
      findings.push({ path, line: 0, message: `is in ${folder}, which the table of rooms does not name` });
    if (/(^|\/)(bun\.lock|package-lock\.json)$/.test(path) && /https?:\/\//.test(tree.get(path) ?? "")) {
      findings.push({ path, line: 0, message: "holds an address; lock files name packages and digests only" });
    }
  }
  for (const [folder, manifest] of manifests) {
    const path = `${folder}/package.json`;
    const room = rooms.get(folder);
    if (room === undefined) continue;
    if (manifest.name !== room.name) findings.push({ path, line: 0, message: `is named ${manifest.name}, the table says ${room.name}` });
    for (const [name, version] of manifest.dependencies) {
      if (name.startsWith("@berth/")) {
        if (!room.mayImport.includes(name)) findings.push({ path, line: 0, message: `depends on ${name}, which ${folder} may not import` });
        if (version !== "workspace:*") findings.push({ path, line: 0, message: `names ${name} as ${version} instead of workspace:*` });
      } else if (!/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version)) {
        findings.push({ path, line: 0, message: `depends on ${name} ${version}, which is no exact version` });
      }
    }
  }
  return findings.concat(checkCycles(manifests));
}

/** Bun installs packages that depend on each other in a circle without a word; here they are refused. */
function checkCycles(manifests: ReadonlyMap<string, Manifest>): Finding[] {
  const byName = new Map([...manifests].map(([folder, manifest]) => [manifest.name, { folder, manifest }]));
  const findings: Finding[] = [];
  const done = new Set<string>();
  for (const name of byName.keys()) visit(name, []);
  return findings;

  function visit(name: string, way: readonly string[]): void {
    const start = way.indexOf(name);
    if (start >= 0) {
      const circle = [...way.slice(start), name].join(" -> ");
      findings.push({ path: `${byName.get(name)?.folder}/package.json`, line: 0, message: `is part of a circle: ${circle}` });
      return;
    }
    if (done.has(name)) return;
    for (const next of byName.get(name)?.manifest.dependencies.keys() ?? []) {
      if (byName.has(next)) visit(next, [...way, name]);
    }
    done.add(name);
  }
}
