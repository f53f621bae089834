/** What one room is and which other rooms it may import. */
export interface Room {
  /** Folder from the repository's root. */
  readonly folder: string;
  /** Name of its package; null for a folder that is no package. */
  readonly name: string | null;
  /** Names of the packages of this repository that it may import. */
  readonly mayImport: readonly string[];
}

/** Every room by its short name, with the rooms it may import besides `base` and `spec`. The one table of layers. */
const layers: Readonly<Record<string, readonly string[]>> = {
  base: [],
  spec: [],
  linux: [],
  store: [],
  http: [],
  images: ["linux", "store", "registry"],
  runtime: ["linux"],
  network: ["linux", "store"],
  security: ["store"],
  engine: ["linux", "store", "images", "network", "runtime", "security"],
  build: ["store", "images"],
  monitoring: ["store"],
  registry: ["store", "http"],
  hub: ["store", "http", "registry", "security"],
  client: [],
  diagnostics: ["linux", "client"],
  api: ["http", "engine", "images", "network", "security", "monitoring", "build"],
  cri: ["engine", "images"],
  ui: [],
};

/** Built-in modules and packages that only some rooms may load, with the folders that may. */
export const reservedModules: Readonly<Record<string, readonly string[]>> = {
  "bun:ffi": ["packages/linux"],
  "bun:sqlite": ["packages/store"],
  pg: ["packages/store"],
};

/** The rooms that may exist, by folder. A folder below `packages` or `apps` that is missing here is refused. */
export function rooms(): ReadonlyMap<string, Room> {
  const all: Room[] = Object.entries(layers).map(([room, may]) => ({
    folder: `packages/${room}`,
    name: `@berth/${room}`,
    mayImport: common(room).concat(may).map(packageName),
  }));
  const every = Object.keys(layers).map(packageName);
  all.push(
    { folder: "apps/berth", name: "@berth/berth", mayImport: every },
    { folder: "apps/console", name: "@berth/console", mayImport: [...common("apps"), "client", "ui"].map(packageName) },
    { folder: "apps/hub-ui", name: "@berth/hub-ui", mayImport: [...common("apps"), "client", "ui"].map(packageName) },
    { folder: "tests", name: "@berth/tests", mayImport: every },
    { folder: "tools", name: null, mayImport: [] },
  );
  return new Map(all.map((room) => [room.folder, room]));
}

/** `base` imports nothing, `spec` only `base`, all others both. */
function common(room: string): readonly string[] {
  if (room === "base") return [];
  return room === "spec" ? ["base"] : ["base", "spec"];
}

function packageName(room: string): string {
  return `@berth/${room}`;
}
