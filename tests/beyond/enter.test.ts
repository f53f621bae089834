import { copyFileSync, mkdirSync } from "node:fs";
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { run, until } from "../harness/sandbox.ts";
import { type Desk, openDesk } from "./kit.ts";

// Each starts programs in containers, on a machine that may be busy.
setDefaultTimeout(90_000);

let desk: Desk;

beforeAll(async () => {
  desk = await openDesk("enter");
  const { must, sandbox } = desk;
  // An image with one program and no shell.
  mkdirSync(`${sandbox.folder}/bare`);
  copyFileSync("/bin/busybox", `${sandbox.folder}/bare/sleep`);
  await run(["tar", "-C", `${sandbox.folder}/bare`, "-cf", `${sandbox.folder}/bare.tar`, "sleep"]);
  await must("import", "-c", 'CMD ["/sleep","1000"]', `${sandbox.folder}/bare.tar`, "bare");
  await must("run", "-d", "--init", "--name", "web", "-u", "1000", "-e", "COLOUR=blue", "-w", "/tmp", "busybox", "sleep", "1000");
  await must("run", "-d", "--name", "bare", "bare");
}, 90_000);
afterAll(async () => {
  await desk?.[Symbol.asyncDispose]();
}, 30_000);

/** Command lines of what runs in a container. */
async function processes(container: string): Promise<string[]> {
  return (await desk.must("top", container, "-o", "pid,args"))
    .trim()
    .split("\n")
    .slice(1)
    .map((line) => line.replace(/^ *\d+ +/, "").trim());
}

test("a shell as root in every namespace of the container, with its folder and environment", async () => {
  const script = "for each in user mnt pid net ipc uts cgroup; do readlink /proc/self/ns/$each; readlink /proc/1/ns/$each; done";
  const spaces = (await desk.must("enter", "--privileged", "web", "sh", "-c", script)).trim().split("\n");
  expect(spaces).toHaveLength(14);
  for (let at = 0; at < spaces.length; at += 2) expect(spaces[at]).toBe(spaces[at + 1]);
  expect((await desk.must("enter", "web", "sh", "-c", "id -u; pwd; echo $COLOUR")).split("\n")).toEqual(["0", "/tmp", "blue", ""]);
  expect(
    (await desk.must("enter", "-u", "1000", "-w", "/", "-e", "COLOUR=red", "web", "sh", "-c", "id -u; pwd; echo $COLOUR")).split("\n"),
  ).toEqual([...["1000", "/", "red", ""]]);
  const groups = (await desk.must("enter", "web", "sh", "-c", "cat /proc/self/cgroup | wc -l; cat /proc/1/cgroup | wc -l"))
    .trim()
    .split("\n");
  expect(groups[0]).toBe(groups[1]);
});

test("on a terminal the best shell there is; its end is not the container's", async () => {
  const terminal = desk.open("enter", "web");
  await terminal.expect("# ");
  terminal.type("echo $0; tty; stty size\r");
  await terminal.expect(/\/bin\/ash\r\n\/dev\/pts\/\d+\r\n24 80\r\n/);
  terminal.resize(100, 30);
  await terminal.expect("# ");
  terminal.type("until test \"$(stty size)\" = '30 100'; do :; done; echo resized\r");
  await terminal.expect(/resized\r\n.*# /s);
  terminal.type("exit 3\r");
  expect(await terminal.exited).toBe(3);
  expect(await desk.must("inspect", "-f", "{{.State.Running}}", "web")).toBe("true\n");
});

test("bash is taken where there is one, also one that came later", async () => {
  await desk.must(
    "exec",
    "-u",
    "0",
    "web",
    "sh",
    "-c",
    "mkdir -p /usr/local/bin; (echo '#!/bin/sh'; echo 'exec sh') > /usr/local/bin/bash; chmod +x /usr/local/bin/bash",
  );
  const exec = (await desk.berthWith({ input: "sleep 0.1\n" }, "enter", "web")).code;
  expect(exec).toBe(0);
  expect(await desk.must("exec", "ls", "-a", "--format", "{{.Command}}", "web")).toStartWith("/usr/local/bin/bash\n");
  await desk.must("exec", "-u", "0", "web", "rm", "/usr/local/bin/bash");
});

test("input from a pipe is read as commands, and the code of the last is the code", async () => {
  const { code, stdout, stderr } = await desk.berthWith({ input: "echo one\necho two >&2\nexit 5\n" }, "enter", "web");
  expect({ code, stdout, stderr }).toEqual({ code: 5, stdout: "one\n", stderr: "two\n" });
});

test("a terminal that goes away ends the shell and all in it; what was left behind on purpose stays", async () => {
  const gone = desk.open("enter", "web");
  await gone.expect("# ");
  gone.type("sleep 4141 & echo begun\r");
  await gone.expect("begun\r\n");
  gone.kill();
  await until(async () => !(await processes("web")).some((line) => /sleep 4141|ash/.test(line)), 30_000, "the shell lives on");
  const leaves = desk.open("enter", "web");
  await leaves.expect("# ");
  leaves.type("setsid sleep 4242 >/dev/null 2>&1 </dev/null & sleep 0; exit\r");
  expect(await leaves.exited).toBe(0);
  // Longer than what is left of a client that is gone may live.
  await Bun.sleep(3500);
  expect(await processes("web")).toContain("sleep 4242");
  expect(await desk.must("inspect", "-f", "{{.State.Running}}", "web")).toBe("true\n");
});

test("detach keys leave the shell running", async () => {
  const terminal = desk.open("enter", "web");
  await terminal.expect("# ");
  terminal.type("\x10\x11");
  expect(await terminal.exited).toBe(1);
  expect(terminal.output()).toContain("read escape sequence");
  await until(
    async () => (await desk.must("exec", "ls", "--format", "{{.Command}} {{.Attached}}", "web")) === "/bin/ash no\n",
    20_000,
    "not left",
  );
  await Bun.sleep(3500);
  expect(await processes("web")).toContain("/bin/ash");
  await desk.must("exec", "kill", "web");
});

test("an image without a shell gets one lent, with tools, that leaves no trace and cannot be changed", async () => {
  const terminal = desk.open("enter", "bare");
  await terminal.expect("# ");
  terminal.type("ls /; ps\r");
  await terminal.expect(/sleep.*\/sleep 1000/s);
  terminal.type("cat /proc/self/mountinfo | grep -c busybox; (readlink /proc/$$/ns/mnt; readlink /proc/1/ns/mnt) | uniq | wc -l\r");
  await terminal.expect(/\r\n0\r\n1\r\n/);
  terminal.type("exit\r");
  expect(await terminal.exited).toBe(0);
  const outside = await desk.berthWith(
    { input: "ls /proc/self/fd/3/../..; echo x > /proc/self/fd/3/busybox; echo x > /proc/$$/exe\n" },
    "enter",
    "bare",
  );
  expect(outside.stdout).toBe("busybox\n");
  expect(outside.stderr.match(/Read-only file system/g)).toHaveLength(2);
  const parts = await desk.berth("enter", "bare", "sh", "-c", "echo /*");
  expect(parts.stdout).toBe("/dev /etc /proc /sleep /sys\n");
  // The container's own program by its path, a tool by its name, and what is neither.
  expect((await desk.berth("enter", "bare", "/sleep", "0")).code).toBe(0);
  expect((await desk.must("enter", "bare", "id", "-u")).trim()).toBe("0");
  const none = await desk.berth("enter", "bare", "nosuch");
  expect([none.code, none.stdout]).toEqual([127, ""]);
  expect((await desk.must("diff", "bare")).trim()).toBe("");
});

test("what cannot be entered is said, with what to do", async () => {
  await desk.must("pause", "web");
  expect(await desk.berth("enter", "web")).toMatchObject({ code: 1, stderr: expect.stringContaining("web is paused") as string });
  await desk.must("unpause", "web");
  await desk.must("create", "--name", "still", "busybox", "true");
  expect(await desk.berth("enter", "still")).toMatchObject({ code: 1, stderr: expect.stringContaining("berth start still") as string });
  expect(await desk.berth("enter", "nothing")).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("No such container: nothing") as string,
  });
  expect(await desk.berth("enter", "-u", "nobody-here", "web", "id")).toMatchObject({ code: 126 });
});
