import { fail } from "@berth/base";
import { KernelError } from "../../kernel-error.ts";
import type { Blocking, CgroupLimits } from "../../ports.ts";
import { type CgroupHost, checkPath, folderOf, treeOf } from "../host.ts";
import type { LimitWrite } from "./plan.ts";
import { planV1 } from "./plan-v1.ts";
import { planV2 } from "./plan-v2.ts";

interface LimitsOptions {
  readonly host: CgroupHost;
  readonly blocking: Pick<Blocking, "writeControl">;
  readonly path: string;
  readonly limits: CgroupLimits;
}

/** A write whose file was found. */
interface FoundWrite {
  readonly folder: string;
  readonly file: string;
  readonly before: string;
  readonly text: string;
}

const controllers = ["memory", "cpu", "cpuset", "pids", "blkio"] as const;

/** Sets limits one after the other, and takes back those that were set when the kernel refuses one. */
export async function setLimits(options: LimitsOptions): Promise<void> {
  const { host, path } = options;
  checkPath(path);
  const done: FoundWrite[] = [];
  try {
    for (const write of planned(options)) {
      const found = locate(host, path, write);
      if (found === null || found.before === found.text) continue;
      await setOne(options, found);
      done.push(found);
    }
  } catch (error) {
    for (const { folder, file, before } of done.reverse()) {
      await options.blocking.writeControl(`${folder}/${file}`, `${before}\n`).catch((undoing: unknown) => {
        host.log.error("a limit could not be taken back", { folder, file, before, error: undoing });
      });
    }
    throw error;
  }
}

function planned({ host, path, limits }: LimitsOptions): LimitWrite[] {
  const read = (controller: string, file: string): string => {
    const tree = treeOf(host, controller);
    return tree === null ? "" : (host.files.read(`${folderOf(tree, path)}/${file}`) ?? "");
  };
  const v1 = (): LimitWrite[] =>
    planV1(limits, {
      memorySwapBytes: Number(read("memory", "memory.memsw.limit_in_bytes")),
      cpuQuotaUs: Number(read("cpu", "cpu.cfs_quota_us")),
    });
  const v2 = (): LimitWrite[] => planV2(limits, { cpuMax: read("cpu", "cpu.max") });
  // On a hybrid host each controller is in the one or the other tree.
  return controllers.flatMap((controller) =>
    (treeOf(host, controller)?.version === 1 ? v1() : v2()).filter((write) => write.controller === controller),
  );
}

/** The file that takes it; null when there is none, and none is needed. */
function locate(host: CgroupHost, path: string, write: LimitWrite): FoundWrite | null {
  const tree = treeOf(host, write.controller);
  const folder = tree === null ? "" : folderOf(tree, path);
  if (tree !== null && !host.files.exists(folder)) throw fail("not-found", `No such control group: ${path}`);
  for (const { file, text } of tree === null ? [] : write.into) {
    const before = host.files.read(`${folder}/${file}`);
    if (before === null) continue;
    const parent = (): string => host.files.read(`${folder.slice(0, folder.lastIndexOf("/"))}/${file}`) ?? "";
    return { folder, file, before: before.trim(), text: (text ?? parent()).trim() };
  }
  if (write.usual) return null;
  const names = write.into.map(({ file }) => file).join(" and ");
  throw fail("unavailable", `this machine cannot set that limit: its control groups have no ${names}`);
}

async function setOne({ host, blocking }: LimitsOptions, { folder, file, text }: FoundWrite): Promise<void> {
  const path = `${folder}/${file}`;
  if (file === "memory.max") await makeRoom(host, blocking, folder, Number(text));
  try {
    // A newline: an empty write would not reach the kernel.
    await blocking.writeControl(path, `${text}\n`);
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
    if (file === "memory.limit_in_bytes" && error.code === "EBUSY") throw tooLittle(host, folder, Number(text), error);
    throw fail("invalid", `failed to write ${JSON.stringify(text)} to ${file}: ${error.detail}`, error);
  }
}

/**
 * v2 takes a limit below what is in use and then kills what is over it. So what can be given back is asked for first, and
 * the limit is refused when that is not enough, as v1 does.
 */
async function makeRoom(host: CgroupHost, blocking: Pick<Blocking, "writeControl">, folder: string, limitBytes: number): Promise<void> {
  const used = (): number => Number(host.files.read(`${folder}/memory.current`) ?? 0);
  if (!(used() > limitBytes)) return;
  // EAGAIN when less than that could be given back; kernels before 5.19 have no such file.
  await blocking.writeControl(`${folder}/memory.reclaim`, String(used() - limitBytes)).catch(() => undefined);
  if (used() > limitBytes) throw tooLittle(host, folder, limitBytes);
}

function tooLittle(host: CgroupHost, folder: string, limitBytes: number, cause?: unknown): Error {
  const read = (v1: string, v2: string): string => (host.files.read(`${folder}/${v1}`) ?? host.files.read(`${folder}/${v2}`) ?? "0").trim();
  const usage = read("memory.usage_in_bytes", "memory.current");
  const peak = read("memory.max_usage_in_bytes", "memory.peak");
  return fail("conflict", `unable to set memory limit to ${limitBytes} (current usage: ${usage}, peak usage: ${peak})`, cause);
}
