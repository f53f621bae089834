import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "bun:test";
import { silentLogger } from "@berth/base";
import { openKernel } from "@berth/linux";
import { lockFolder } from "./lock.ts";
import { serviceNotifier } from "./notify.ts";
import { writePidFile } from "./pid-file.ts";
import { findTools, prepareFolder } from "./preflight.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "berth-guards-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const kernel = openKernel();

test("a locked folder names its holder, and is free again when the lock is given back", () => {
  const release = lockFolder(kernel, { path: folder, what: "data root" });
  expect(() => lockFolder(kernel, { path: folder, what: "data root" })).toThrow(
    `the data root ${folder} is in use by the daemon with process id ${String(process.pid)}`,
  );
  release();
  lockFolder(kernel, { path: folder, what: "data root" })();
});

test("a lock goes with its process, also when that is killed", async () => {
  const program = `
    import { openKernel } from "@berth/linux";
    import { lockFolder } from ${JSON.stringify(join(import.meta.dir, "lock.ts"))};
    lockFolder(openKernel(), { path: ${JSON.stringify(folder)}, what: "data root" });
    process.stdout.write("locked");
    setInterval(() => undefined, 1000);`;
  const script = join(import.meta.dir, `lock-holder-${String(process.pid)}.tmp.ts`);
  writeFileSync(script, program);
  try {
    const holder = Bun.spawn([process.execPath, script], { stdout: "pipe" });
    await holder.stdout.getReader().read();
    expect(() => lockFolder(kernel, { path: folder, what: "data root" })).toThrow(`process id ${String(holder.pid)}`);
    holder.kill("SIGKILL");
    await holder.exited;
    lockFolder(kernel, { path: folder, what: "data root" })();
  } finally {
    rmSync(script, { force: true });
  }
});

test("a pid file of a dead or foreign process is replaced, and only our own is removed", () => {
  const path = join(folder, "sub", "berth.pid");
  mkdirSync(join(folder, "sub"));
  writeFileSync(path, "1");
  const remove = writePidFile(path);
  expect(readFileSync(path, "utf8")).toBe(String(process.pid));
  expect(statSync(path).mode & 0o777).toBe(0o644);
  writeFileSync(path, "1");
  remove();
  expect(existsSync(path)).toBe(true);
  writePidFile(path)();
  expect(existsSync(path)).toBe(false);
});

test("a folder that cannot be written to is told with what to do", () => {
  prepareFolder(join(folder, "new/deep"), { flag: "data-root", what: "data root", mode: 0o710 });
  expect(statSync(join(folder, "new/deep")).mode & 0o777).toBe(0o710);
  writeFileSync(join(folder, "file"), "");
  expect(() => prepareFolder(join(folder, "file/x"), { flag: "data-root", what: "data root", mode: 0o710 })).toThrow(
    `cannot write to the data root ${folder}/file/x: something on the way is no folder. Make it writable, or choose another folder with --data-root`,
  );
});

test("other users of the machine cannot run a container's programs, which may be set-user-id", () => {
  const root = join(folder, "shared");
  mkdirSync(join(root, "containers/x/files/upper"), { recursive: true, mode: 0o755 });
  const program = "shared/containers/x/files/upper/program";
  writeFileSync(join(folder, program), "#!/bin/sh\n", { mode: 0o4755 });
  chmodSync(folder, 0o755);
  chmodSync(root, 0o711);
  const others = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", `./${program}`];
  // From a folder that root has entered: what lies above it may be closed.
  const run = (): number => Bun.spawnSync(others, { cwd: folder }).exitCode;
  expect(run()).toBe(0);
  prepareFolder(root, { flag: "data-root", what: "data root", mode: 0o710 });
  expect(run()).not.toBe(0);
});

test("a runtime that cannot be executed is refused by its name", () => {
  expect(() => findTools({ mine: join(folder, "file") })).toThrow(`the runtime mine (${folder}/file) cannot be executed`);
});

test("the service manager hears what happens", async () => {
  const path = join(folder, "notify.sock");
  const program = "my $s = IO::Socket::UNIX->new(Type => SOCK_DGRAM, Local => $ARGV[0]); $s->recv(my $text, 100); syswrite STDOUT, $text";
  const receiver = Bun.spawn(["perl", "-MIO::Socket::UNIX", "-e", program, path], { stdout: "pipe" });
  try {
    while (!existsSync(path)) await Bun.sleep(10);
    serviceNotifier({ kernel, socket: path, log: silentLogger() })("READY=1");
    const { value } = await receiver.stdout.getReader().read();
    expect(Buffer.from(value ?? []).toString()).toBe("READY=1");
  } finally {
    receiver.kill();
    await receiver.exited;
  }
  serviceNotifier({ kernel, socket: join(folder, "nobody"), log: silentLogger() })("READY=1");
  serviceNotifier({ kernel, socket: undefined, log: silentLogger() })("READY=1");
});

test("a socket of the service manager is served, hijacks included", async () => {
  const path = join(folder, "activated.sock");
  const fd = kernel.unixListen(path, 0o600);
  const script = join(import.meta.dir, `activated-${String(process.pid)}.tmp.ts`);
  writeFileSync(
    script,
    `import { silentLogger } from "@berth/base";
    import { listen } from "@berth/http";
    const handler = async (request, reply) => {
      if (!request.upgrade) return reply.send(200, { type: "text/plain", bytes: "served" });
      const connection = reply.hijack("HTTP/1.1 101 UPGRADED\\r\\n\\r\\n");
      for await (const bytes of connection.input) await connection.write(bytes);
      connection.end();
    };
    const address = { kind: "fd", name: "" };
    await listen({ address, handler, log: silentLogger(), serverHeader: "x", groupId: null, tls: null, allowPlainTcp: false });
    process.stdout.write("ready");`,
  );
  const { LISTEN_PID: _, ...environment } = process.env;
  const child = Bun.spawn([process.execPath, script], {
    env: { ...environment, LISTEN_FDS: "1" },
    stdio: ["ignore", "pipe", "inherit", fd],
  });
  try {
    await child.stdout.getReader().read();
    expect(await (await fetch("http://x/", { unix: path } as RequestInit)).text()).toBe("served");
    const socket = connect({ path, allowHalfOpen: true });
    const pieces: Buffer[] = [];
    socket.on("data", (piece) => pieces.push(Buffer.from(piece)));
    socket.end("POST / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\nechoed");
    await new Promise((resolve) => socket.once("end", resolve));
    expect(Buffer.concat(pieces).toString()).toBe("HTTP/1.1 101 UPGRADED\r\n\r\nechoed");
  } finally {
    child.kill();
    await child.exited;
    kernel.close(fd);
    rmSync(script, { force: true });
  }
});
