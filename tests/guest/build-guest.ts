import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { run } from "../harness/sandbox.ts";

/** A kernel and an initial file system that qemu can boot. */
export interface Guest {
  readonly kernel: string;
  readonly initrd: string;
}

/** Programs and libraries of the host that the guest takes along, with all that they are linked to. */
const programs = ["/usr/bin/crun", "/usr/bin/conmon"];
/** What checkpoints need on top: criu shuts a container's network with iptables meanwhile, and packs its tmpfs with GNU tar. */
const checkpointPrograms = ["/usr/sbin/runc", "/usr/sbin/criu", "/usr/sbin/xtables-nft-multi", "/usr/bin/tar", "/usr/bin/gzip"];
const iptablesModules = ["libxt_mark.so", "libxt_standard.so"];
const libraries = ["libnftables.so.1", "libseccomp.so.2", "libc.so.6", "libpthread.so.0", "libdl.so.2", "libm.so.6", "libgcc_s.so.1"];
const libraryFolder = "/usr/lib/x86_64-linux-gnu";
/** Kernel modules that containers need, with what they depend on. */
const modules = [
  "overlay",
  "veth",
  "bridge",
  "nf_tables",
  "nft_chain_nat",
  "nft_nat",
  "nft_masq",
  "nft_ct",
  "nft_fib_ipv4",
  "nft_reject_ipv4",
  "nft_log",
  "nft_compat",
  "xt_mark",
  "tcp_diag",
  "udp_diag",
  "inet_diag",
  "unix_diag",
  "netlink_diag",
  "af_packet_diag",
  "nf_conntrack_netlink",
];

/** Where `make test` put Debian's cloud kernel; null when it is not there. */
export function guestKernel(): string | null {
  const folder = path.resolve(import.meta.dir, "../../.cache/guest");
  return existsSync(`${folder}/vmlinuz`) ? folder : null;
}

/**
 * Builds the guest: busybox, berth, crun, conmon and the kernel's modules in one cpio archive.
 * @param berth the executable under test
 * @param into folder for the archive
 */
export async function buildGuest(berth: string, into: string): Promise<Guest> {
  const kernelFolder = guestKernel();
  if (kernelFolder === null) throw new Error("the guest's kernel is missing: tools/guest-kernel.sh fetches it");
  const root = mkdtempSync(path.join(tmpdir(), "berth-guest-root-"));
  for (const folder of ["bin", "sbin", "etc", "guest", "usr/bin", "usr/lib", "usr/local/bin", "lib/modules"])
    mkdirSync(`${root}/${folder}`, { recursive: true });
  for (const script of ["init.sh", "lifecycle.sh", "limits.sh", "checkpoint.sh"])
    copyProgram(path.join(import.meta.dir, script), `${root}/guest/${script}`);
  symlinkSync("/guest/init.sh", `${root}/init`);
  copyProgram(["/bin/busybox", "/usr/bin/busybox"].find((file) => existsSync(file)) ?? "", `${root}/bin/busybox`);
  symlinkSync("/bin/busybox", `${root}/sbin/modprobe`);
  symlinkSync("/usr/local/bin/berth", `${root}/bin/berth`);
  copyProgram(berth, `${root}/usr/local/bin/berth`);
  await copyLinked(berth, root);
  for (const program of [...programs, ...checkpointPrograms]) {
    mkdirSync(path.dirname(`${root}${program}`), { recursive: true });
    copyProgram(program, `${root}${program}`);
    await copyLinked(program, root);
  }
  for (const library of libraries) {
    const file = `${libraryFolder}/${library}`;
    if (!existsSync(file)) continue;
    mkdirSync(`${root}${libraryFolder}`, { recursive: true });
    copyFileSync(realpathSync(file), `${root}${libraryFolder}/${library}`);
    await copyLinked(file, root);
  }
  mkdirSync(`${root}${libraryFolder}/xtables`, { recursive: true });
  for (const name of iptablesModules) copyFileSync(`${libraryFolder}/xtables/${name}`, `${root}${libraryFolder}/xtables/${name}`);
  for (const name of ["iptables-restore", "ip6tables-restore"]) symlinkSync("xtables-nft-multi", `${root}/usr/sbin/${name}`);
  await copyModules(kernelFolder, root);
  const initrd = `${into}/guest.cpio`;
  const packed = await run(["sh", "-c", `cd "$0" && find . | busybox cpio -o -H newc > "$1"`, root, initrd], { timeoutMs: 120_000 });
  if (packed.code !== 0) throw new Error(`packing the guest failed: ${packed.stderr}`);
  rmSync(root, { recursive: true });
  return { kernel: `${kernelFolder}/vmlinuz`, initrd };
}

function copyProgram(from: string, to: string): void {
  copyFileSync(from, to);
  chmodSync(to, 0o755);
}

/** Copies the shared libraries that the loader would load, at the paths it would load them from. */
async function copyLinked(program: string, root: string): Promise<void> {
  const { stdout } = await run(["ldd", program]);
  for (const line of stdout.split("\n")) {
    const file = /(?:=> )?(\/\S+) \(0x/.exec(line)?.[1];
    if (file === undefined || existsSync(`${root}${file}`)) continue;
    mkdirSync(path.dirname(`${root}${file}`), { recursive: true });
    copyFileSync(realpathSync(file), `${root}${file}`);
    chmodSync(`${root}${file}`, 0o755);
  }
}

async function copyModules(kernelFolder: string, root: string): Promise<void> {
  const modulesFolder = [`${kernelFolder}/lib/modules`, `${kernelFolder}/usr/lib/modules`].find((folder) => existsSync(folder));
  const release = modulesFolder === undefined ? undefined : readdirSync(modulesFolder)[0];
  if (modulesFolder === undefined || release === undefined) throw new Error("the guest's kernel has no modules");
  const base = modulesFolder.slice(0, -"/lib/modules".length);
  const depmod = await run(["busybox", "depmod", "-b", base, release]);
  if (depmod.code !== 0) throw new Error(`depmod: ${depmod.stderr}`);
  const dependencies = new Map<string, string[]>();
  const listing = await Bun.file(`${modulesFolder}/${release}/modules.dep`).text();
  for (const line of listing.split("\n")) {
    const [file, rest] = line.split(":");
    if (file !== undefined && file !== "")
      dependencies.set(
        file,
        (rest ?? "")
          .trim()
          .split(" ")
          .filter((name) => name !== ""),
      );
  }
  const wanted = new Set<string>();
  for (const [file, needs] of dependencies)
    if (
      modules.includes(
        path
          .basename(file)
          .replace(/\.ko.*/, "")
          .replaceAll("-", "_"),
      )
    )
      for (const one of [file, ...needs]) wanted.add(one);
  for (const file of wanted) cpSync(`${modulesFolder}/${release}/${file}`, `${root}/lib/modules/${release}/${file}`);
  for (const file of ["modules.dep", "modules.alias", "modules.symbols", "modules.dep.bb"])
    if (existsSync(`${modulesFolder}/${release}/${file}`))
      cpSync(`${modulesFolder}/${release}/${file}`, `${root}/lib/modules/${release}/${file}`);
}
