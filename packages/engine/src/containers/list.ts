import type { ContainerSummary } from "@berth/spec";
import type { Core } from "../core.ts";
import type { Containers } from "../ports.ts";
import { idleEndpoints, mountPoint } from "./inspect.ts";
import { listFilter } from "./list/filter.ts";
import { portSummaries } from "./list/ports.ts";
import { statusText } from "./list/status.ts";
import { type ContainerRecord, isRunning } from "./record.ts";
import { sizesOf } from "./size.ts";
import { timeMs } from "./time.ts";

/** Containers as ps shows them, newest first. Throws invalid for bad filters. */
export async function listContainers(core: Core, options: Parameters<Containers["list"]>[0]): Promise<ContainerSummary[]> {
  const filter = listFilter(core, options.filters);
  const wanted: ContainerRecord[] = [];
  let passedBefore = filter.before === null;
  for (const record of core.records.all()) {
    if (!passedBefore) {
      passedBefore = record.id === filter.before?.id;
      continue;
    }
    if (record.id === filter.since?.id) break;
    const shown = options.all || filter.all || options.limit > 0 || isRunning(record) || record.life.status === "restarting";
    if (!shown || !filter.matches(record)) continue;
    if (options.limit > 0 && wanted.length >= options.limit) break;
    wanted.push(record);
  }
  const names = imageNames(core);
  const sizes = options.size ? await Promise.all(wanted.map(async (record) => withoutZero(await sizesOf(core, record)))) : [];
  return wanted.map((record, at) => summary(core, { record, sizes: sizes[at] ?? {}, imageName: names }));
}

/** A list leaves out that nothing was written; Docker's clients show it as `0B`. */
function withoutZero({ SizeRw, SizeRootFs }: Awaited<ReturnType<typeof sizesOf>>): SummaryParts["sizes"] {
  return SizeRw === 0 ? { SizeRootFs } : { SizeRw, SizeRootFs };
}

function summary(core: Core, { record, sizes, imageName }: SummaryParts): ContainerSummary {
  const networks = isRunning(record) && record.network !== null ? record.network.Networks : idleEndpoints(record);
  return {
    Id: record.id,
    Names: [`/${record.name}`],
    Image: imageName(record),
    ImageID: record.imageId,
    Command: commandText(record),
    Created: Math.floor(timeMs(record.createdAt) / 1000),
    Ports: portSummaries(record),
    ...sizes,
    Labels: record.config.Labels,
    State: record.life.status,
    Status: statusText(record, core.clock.nowMs()),
    HostConfig: {
      NetworkMode: record.hostConfig.NetworkMode,
      ...(record.hostConfig.Annotations === undefined ? {} : { Annotations: record.hostConfig.Annotations }),
    },
    NetworkSettings: { Networks: networks },
    Mounts: record.mounts.map(mountPoint),
  };
}

interface SummaryParts {
  readonly record: ContainerRecord;
  readonly sizes: Pick<ContainerSummary, "SizeRw" | "SizeRootFs">;
  readonly imageName: (record: ContainerRecord) => string;
}

// Arguments with spaces are quoted, as Docker does it.
function commandText(record: ContainerRecord): string {
  if (record.args.length === 0) return record.path;
  return [record.path, ...record.args.map((argument) => (argument.includes(" ") ? `'${argument}'` : argument))].join(" ");
}

/** The name a container was made by, or the image's id when that name means another image by now. */
function imageNames(core: Core): (record: ContainerRecord) => string {
  const resolved = new Map<string, string | null>();
  return (record) => {
    const name = record.config.Image;
    let id = resolved.get(name);
    if (id === undefined) {
      try {
        id = core.images.resolve(name).id;
      } catch {
        id = null;
      }
      resolved.set(name, id);
    }
    return id === record.imageId ? name : record.imageId;
  };
}
