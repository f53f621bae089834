import { fail, type LogLevel } from "@berth/base";
import { checkLogDefaults } from "@berth/engine";
import { parseListenAddress, refusePlainTcp } from "@berth/http";
import type { OptionRow, OptionValue, OptionValues } from "./option.ts";
import type { DaemonOptions } from "./options.ts";
import { optionTable } from "./table.ts";
import { checkLabels, readBackoff, readUlimits } from "./check.ts";

/** Of ethernet. */
const defaultMtu = 1500;

/**
 * Puts flags and file together.
 * @throws invalid for what is said in both, and for every value that cannot be
 */
export function resolveOptions(flags: OptionValues, file: OptionValues): DaemonOptions {
  const get = lookup(flags, file);
  const text = (name: string): string => String(get(name) ?? "");
  const textOrNull = (name: string): string | null => (text(name) === "" ? null : text(name));
  const flag = (name: string): boolean => get(name) === true;
  const list = (name: string): readonly string[] => (get(name) as readonly string[] | undefined) ?? [];
  const pairs = (name: string): Readonly<Record<string, string>> => (get(name) as Readonly<Record<string, string>> | undefined) ?? {};
  const whole = (name: string): number => natural(Number(get(name) ?? 0), name);

  checkUnsupported({
    storageDriver: text("storage-driver"),
    selinux: flag("selinux-enabled"),
    remap: text("userns-remap"),
    execOptions: list("exec-opt"),
  });
  const execRoot = absolute(text("exec-root"), "exec-root");
  const tlsVerify = flag("tlsverify");
  const tls = flag("tls") || tlsVerify;
  const bridge = text("bridge");
  const bip = textOrNull("bip");
  if (bridge !== "" && bip !== null) throw fail("invalid", "You specified -b & --bip, mutually exclusive options. Please specify only one");
  const hosts = list("host");
  const listen = (hosts.length === 0 ? [""] : hosts).map((host) =>
    parseListenAddress(host, { tls, defaultUnixPath: `${execRoot}/berth.sock` }),
  );
  for (const address of listen) refusePlainTcp(address, { tls, allowPlainTcp: flag("allow-plain-tcp") });
  checkLogDefaults({ Type: text("log-driver"), Config: pairs("log-opt") });
  return {
    dataRoot: absolute(text("data-root"), "data-root"),
    execRoot,
    configFile: text("config-file"),
    pidFile: absolute(textOrNull("pidfile") ?? `${execRoot}/berth.pid`, "pidfile"),
    logLevel: flag("debug") ? "debug" : logLevel(text("log-level")),
    liveRestore: flag("live-restore"),
    shutdownTimeoutS: get("shutdown-timeout") === -1 ? -1 : whole("shutdown-timeout"),
    labels: checkLabels(list("label")),
    experimental: flag("experimental"),
    listen,
    socketGroup: { name: text("group"), asked: flags.has(rowOf("group")) || file.has(rowOf("group")) },
    allowPlainTcp: flag("allow-plain-tcp"),
    tls: tls ? { certificate: text("tlscert"), key: text("tlskey"), clientAuthority: tlsVerify ? text("tlscacert") : null } : null,
    defaultRuntime: textOrNull("default-runtime"),
    runtimes: pairs("add-runtime"),
    cgroupParent: textOrNull("cgroup-parent") ?? "/berth",
    defaultUlimits: readUlimits(pairs("default-ulimit")),
    shmSizeBytes: whole("default-shm-size"),
    defaultIpcMode: oneOf(text("default-ipc-mode"), ["private", "shareable"], "default-ipc-mode") ?? "private",
    defaultCgroupnsMode: oneOf(text("default-cgroupns-mode"), ["host", "private"], "default-cgroupns-mode"),
    init: flag("init"),
    initPath: textOrNull("init-path"),
    backoff: readBackoff({ delay: text("restart-delay"), maxDelay: text("restart-max-delay"), reset: text("restart-reset") }),
    noNewPrivileges: flag("no-new-privileges"),
    seccompProfile: textOrNull("seccomp-profile"),
    logDriver: text("log-driver"),
    logOptions: pairs("log-opt"),
    network: {
      bridge: bridge === "" ? "berth0" : bridge,
      bip,
      mtu: whole("mtu") === 0 ? defaultMtu : whole("mtu"),
      dns: list("dns"),
      dnsOptions: list("dns-opt"),
      dnsSearch: list("dns-search"),
      ipForward: flag("ip-forward"),
      masquerade: flag("ip-masq"),
      interContainer: flag("icc"),
      publishAddress: text("ip"),
    },
    insecureRegistries: list("insecure-registry"),
    registryMirrors: list("registry-mirror"),
    inert: optionTable.filter((row) => row.inert === true && (flags.has(row) || file.has(row))).map((row) => row.flag ?? row.key ?? ""),
  };
}

function lookup(flags: OptionValues, file: OptionValues): (name: string) => OptionValue | undefined {
  const conflicts = optionTable
    .filter((row) => flags.has(row) && file.has(row))
    .map((row) => `${row.key ?? ""}: (from flag: ${show(flags.get(row))}, from file: ${show(file.get(row))})`);
  if (conflicts.length > 0) {
    throw fail("invalid", `the following directives are specified both as a flag and in the configuration file: ${conflicts.join(", ")}`);
  }
  return (name) => {
    const row = rowOf(name);
    return flags.get(row) ?? file.get(row) ?? row.fallback;
  };
}

function rowOf(flag: string): OptionRow {
  const row = optionTable.find((entry) => entry.flag === flag);
  if (row === undefined) throw fail("internal", `there is no option --${flag}`);
  return row;
}

function show(value: OptionValue | undefined): string {
  if (Array.isArray(value)) return `[${value.join(" ")}]`;
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function natural(value: number, name: string): number {
  if (!Number.isSafeInteger(value) || value < 0) throw fail("invalid", `invalid ${name}: ${String(value)}`);
  return value;
}

function absolute(path: string, name: string): string {
  if (!path.startsWith("/")) throw fail("invalid", `--${name} must be an absolute path: ${JSON.stringify(path)}`);
  return path.length > 1 ? path.replace(/\/+$/, "") : path;
}

function logLevel(text: string): LogLevel {
  const level = oneOf(
    text === "panic" ? "fatal" : text === "trace" ? "debug" : text,
    ["debug", "info", "warn", "error", "fatal"],
    "log-level",
  );
  return level ?? "info";
}

function oneOf<T extends string>(text: string, choices: readonly T[], name: string): T | null {
  if (text === "") return null;
  const found = choices.find((choice) => choice === text);
  if (found === undefined) throw fail("invalid", `invalid ${name}: ${text}; it is one of ${choices.join(", ")}`);
  return found;
}

function checkUnsupported(asked: {
  readonly storageDriver: string;
  readonly selinux: boolean;
  readonly remap: string;
  readonly execOptions: readonly string[];
}): void {
  if (!["", "overlay2", "overlay"].includes(asked.storageDriver)) {
    throw fail("invalid", `storage driver ${asked.storageDriver} is not supported: overlay2 is the only one`);
  }
  if (asked.selinux) throw fail("invalid", "--selinux-enabled is not supported");
  if (asked.remap !== "") throw fail("invalid", "--userns-remap is not supported");
  for (const option of asked.execOptions) {
    if (option !== "native.cgroupdriver=cgroupfs")
      throw fail("invalid", `invalid exec-opt (${option}): native.cgroupdriver=cgroupfs is the only one`);
  }
}
