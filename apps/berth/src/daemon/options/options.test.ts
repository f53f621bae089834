import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "bun:test";
import { loadOptions } from "../config.ts";
import { helpText } from "./help.ts";
import type { DaemonOptions } from "./options.ts";
import { parseFlags } from "./parse-flags.ts";
import { optionTable } from "./table.ts";

function load(words: readonly string[], file?: unknown): DaemonOptions {
  const folder = mkdtempSync(join(tmpdir(), "berth-options-"));
  try {
    const path = join(folder, "daemon.json");
    writeFileSync(path, typeof file === "string" ? file : JSON.stringify(file ?? {}));
    return loadOptions(parseFlags([...words, "--config-file", path]).values);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("a daemon that is told nothing has its defaults", () => {
  expect(load([])).toMatchObject({
    dataRoot: "/var/lib/berth",
    execRoot: "/run/berth",
    pidFile: "/run/berth/berth.pid",
    logLevel: "info",
    liveRestore: true,
    shutdownTimeoutS: 15,
    listen: [{ kind: "unix", path: "/run/berth/berth.sock" }],
    socketGroup: { name: "berth", asked: false },
    tls: null,
    cgroupParent: "/berth",
    inert: [],
  });
});

test("flags in all their forms", () => {
  const options = load([
    ...["--data-root=/d/", "--exec-root", "/e", "-H", "unix:///a.sock", "-Htcp://127.0.0.1:1", "--host=:5", "-D", "--live-restore=false"],
    ...[
      "--label",
      "a=1",
      "--label=b=2",
      "--default-ulimit",
      "nofile=10:20",
      "--add-runtime",
      "x=/bin/x",
      "-l",
      "warn",
      "--log-opt",
      "max-size=1m",
    ],
    ...[
      "--bip",
      "10.1.0.1/24",
      "--mtu",
      "1400",
      "--default-shm-size",
      "32m",
      "--tlsverify",
      "-G",
      "wheel",
      "-p",
      "/p.pid",
      "--dns=9.9.9.9",
    ],
  ]);
  expect(options).toMatchObject({
    dataRoot: "/d",
    execRoot: "/e",
    pidFile: "/p.pid",
    logLevel: "debug",
    liveRestore: false,
    labels: ["a=1", "b=2"],
    listen: [
      { kind: "unix", path: "/a.sock" },
      { kind: "tcp", host: "127.0.0.1", port: 1 },
      { kind: "tcp", host: "127.0.0.1", port: 5 },
    ],
    defaultUlimits: [{ Name: "nofile", Soft: 10, Hard: 20 }],
    runtimes: { x: "/bin/x" },
    logOptions: { "max-size": "1m" },
    shmSizeBytes: 32 * 1024 * 1024,
    socketGroup: { name: "wheel", asked: true },
    tls: { clientAuthority: "/etc/berth/ca.pem" },
    network: { bip: "10.1.0.1/24", mtu: 1400, dns: ["9.9.9.9"] },
  });
});

test("the file says the same as flags, and dockerd's longer forms", () => {
  const options = load([], {
    "data-root": "/d",
    hosts: ["unix:///a.sock"],
    "log-opts": { "max-file": 3 },
    runtimes: { kata: { path: "/opt/kata", runtimeArgs: [] } },
    "default-ulimits": { nofile: { Name: "nofile", Soft: 5, Hard: 6 } },
    "live-restore": false,
    "max-concurrent-downloads": 8,
    features: { buildkit: true },
  });
  expect(options).toMatchObject({
    dataRoot: "/d",
    listen: [{ kind: "unix", path: "/a.sock" }],
    logOptions: { "max-file": "3" },
    runtimes: { kata: "/opt/kata" },
    defaultUlimits: [{ Name: "nofile", Soft: 5, Hard: 6 }],
    liveRestore: false,
    inert: ["max-concurrent-downloads", "features"],
  });
});

const refusals: readonly (readonly [readonly string[], unknown, string])[] = [
  [["--bogus"], {}, "unknown flag: --bogus"],
  [["-x"], {}, "unknown shorthand flag: 'x' in -x"],
  [["word"], {}, '"berth daemon" takes no arguments: word'],
  [["--shutdown-timeout", "soon"], {}, 'invalid argument "soon" for "--shutdown-timeout" flag'],
  [["--live-restore=maybe"], {}, 'invalid argument "maybe"'],
  [["-l", "loud"], {}, "invalid log-level: loud"],
  [["--data-root", "relative"], {}, "--data-root must be an absolute path"],
  [["-H", "ftp://x"], {}, "invalid bind address format: ftp://x"],
  [["-H", "tcp://0.0.0.0:2375"], {}, "refusing to listen on tcp://0.0.0.0:2375 without TLS"],
  [["--storage-driver", "btrfs"], {}, "storage driver btrfs is not supported"],
  [["--userns-remap", "default"], {}, "--userns-remap is not supported"],
  [["-b", "br0", "--bip", "10.0.0.1/8"], {}, "mutually exclusive"],
  [["--label", "a=1", "--label", "a=2"], {}, "conflict labels for a=2 and a=1"],
  [["--log-opt", "bogus=1"], {}, "failed to set log opts: unknown log opt 'bogus' for json-file log driver"],
  [["--log-opt", "max-size=bogus"], {}, "failed to set log opts: invalid size: 'bogus'"],
  [[], { "log-driver": "syslog", "log-opts": { "syslog-facility": "bogus" } }, "failed to set log opts: invalid syslog facility"],
  [["--default-ulimit", "bogus=1"], {}, "invalid ulimit type: bogus"],
  [["--default-ulimit", "nofile=5:1"], {}, "soft limit must be less than or equal to hard limit"],
  [
    ["-H", "unix:///a"],
    { hosts: ["unix:///b"] },
    "specified both as a flag and in the configuration file: hosts: (from flag: [unix:///a], from file: [unix:///b])",
  ],
  [[], { bogus: 1, "data-rot": "x" }, "the following directives don't match any configuration option: bogus, data-rot"],
  [[], { debug: "yes" }, "debug must be true or false"],
  [[], { hosts: "unix:///a" }, "hosts must be a list of strings"],
  [[], "{", "invalid JSON: unexpected EOF"],
  [[], "[]", "invalid JSON: not an object"],
];

for (const [words, file, message] of refusals) {
  test(`refuses ${JSON.stringify(words)} with ${JSON.stringify(file)}`, () => {
    expect(() => load(words, file)).toThrow(message);
  });
}

test("a missing file is an error only when it was named", () => {
  expect(() => loadOptions(parseFlags(["--config-file", "/nonexistent.json"]).values)).toThrow(
    "unable to configure the daemon with file /nonexistent.json: no such file",
  );
});

test("the help names every flag once", () => {
  const help = helpText(80);
  for (const row of optionTable)
    if (row.flag !== null) expect(help.split(new RegExp(`--${row.flag}[ \\n]`)).length).toBeGreaterThanOrEqual(2);
  const flags = optionTable.flatMap((row) => [row.flag, row.key]).filter((name) => name !== null);
  expect(new Set(optionTable.map((row) => row.flag)).size).toBe(optionTable.length);
  expect(flags.length).toBeGreaterThan(60);
});
