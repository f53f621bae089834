import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { berthCommand } from "../harness/engines.ts";
import { run, until } from "../harness/sandbox.ts";
import { type Desk, openDesk } from "./kit.ts";

setDefaultTimeout(90_000);

let desk: Desk;

beforeAll(async () => {
  desk = await openDesk("overview");
  const { must } = desk;
  await must("run", "-d", "--name", "busy", "busybox", "sh", "-c", "while :; do :; done");
  await must(
    "run",
    "-d",
    "--name",
    "calm",
    "--health-cmd",
    "false",
    "--health-interval",
    "200ms",
    "--health-retries",
    "1",
    "busybox",
    "sleep",
    "1000",
  );
  await must("run", "--name", "over", "busybox", "true");
  await must("wait", "--until", "unhealthy", "calm");
}, 90_000);
afterAll(async () => {
  await desk?.[Symbol.asyncDispose]();
}, 30_000);

const named = (text: string): string[] => [...Bun.stripANSI(text).matchAll(/\b(busy|calm|over|more)\b/g)].map(([name]) => name);

test("in a pipe one look, sorted, as table, template or JSON; with a container its processes", async () => {
  await until(async () => named(await desk.must("top"))[0] === "busy", 30_000, "the busy one is not first");
  const table = (await desk.must("top", "--all", "--sort", "name")).trimEnd().split("\n");
  expect(table[0]).toMatch(/^NAME +STATUS +CPU % +MEM USAGE \/ LIMIT +MEM % +NET I\/O +BLOCK I\/O +PIDS$/);
  expect(named(table.join("\n"))).toEqual(["busy", "calm", "over"]);
  expect(table[2]).toMatch(/^calm +Up \d+[sm] \(unhealthy\) +\d+\.\d+% +[\d.]+[KM]iB \/ [\d.]+[MGT]iB .* \d+$/);
  expect(table[3]).toMatch(/^over +Exited \(0\) \d+[sm] ago +-- +-- \/ -- /);
  const objects = (await desk.must("top", "-a", "--sort", "-name", "--format", "json"))
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, string>);
  expect(objects.map(({ Name, State, Health }) => [Name, State, Health])).toEqual([
    ["over", "exited", ""],
    ["calm", "running", "unhealthy"],
    ["busy", "running", ""],
  ]);
  expect(await desk.must("top", "--format", "{{.Name}} {{.Image}}", "--sort", "name")).toBe("busy busybox\ncalm busybox\n");
  expect(await desk.must("top", "busy", "-o", "pid,args")).toMatch(/^PID +COMMAND\n\d+ +sh -c while :; do :; done\n$/);
  expect(await desk.berth("top", "--sort", "luck")).toMatchObject({
    code: 125,
    stderr: expect.stringContaining("one of cpu, memory") as string,
  });
  expect(await desk.berth("top", "--all", "busy")).toMatchObject({ code: 125 });
});

// oxlint-disable no-control-regex -- what a terminal shows
test("on a terminal it keeps up to date, sorts and scrolls by keys, follows the size, and gives the screen back", async () => {
  const terminal = desk.open("top");
  await terminal.expect("\x1b[?1049h\x1b[?25l");
  await terminal.expect(/2 running, 1 unhealthy.*NAME.*\[c cpu\]/s);
  // A frame with numbers: the busy one above the other.
  await until(() => /busy +Up [^\n]*\d\.\d\d%/.test(Bun.stripANSI(terminal.output().split("\x1b[H").at(-1) ?? "")), 20_000, "no numbers");
  terminal.type("n");
  await terminal.expect("[n name]");
  terminal.type("n");
  const reversed = await terminal.expect("name reversed]");
  expect(named(reversed.slice(reversed.lastIndexOf("\x1b[H"))).slice(0, 2)).toEqual(["calm", "busy"]);
  terminal.type("a");
  await terminal.expect(/2 running, 1 exited, 1 unhealthy.*\x1b\[2mover +Exited/s);
  await desk.must("run", "-d", "--name", "more", "busybox", "sleep", "1000");
  await terminal.expect(/3 running.*more +Up/s);
  terminal.resize(60, 6);
  const small = await terminal.expect(/2 more: up, down/);
  for (const line of small.slice(small.lastIndexOf("\x1b[H")).split(/\r\n|\x1b\[\d+;1H/))
    expect(Bun.stringWidth(line)).toBeLessThanOrEqual(60);
  terminal.type("\x1b[B");
  await until(() => named(terminal.output().split("\x1b[H").at(-1) ?? "")[0] === "more", 20_000, "it does not scroll");
  terminal.type("q");
  expect(await terminal.exited).toBe(0);
  expect(terminal.output()).toEndWith("\x1b[?25h\x1b[?1049l");
  await desk.must("rm", "-f", "more");
});

test("ctrl-c, escape and signals give the screen back as well; the engine's end is told after it", async () => {
  for (const key of ["\x03", "\x1b"]) {
    const terminal = desk.open("top");
    await terminal.expect("q quit");
    terminal.type(key);
    expect(await terminal.exited).toBe(0);
    expect(terminal.output()).toEndWith("\x1b[?25h\x1b[?1049l");
  }
  const once = desk.open("top", "--no-stream", "--sort", "name");
  expect(await once.exited).toBe(0);
  expect(named(once.output())).toEqual(["busy", "calm"]);
  expect(once.output()).not.toContain("\x1b[?1049h");
  const last = desk.open("top");
  await last.expect("q quit");
  await desk.engine.stop();
  expect(await last.exited).toBe(1);
  expect(last.output()).toMatch(/\x1b\[\?25h\x1b\[\?1049l.*Cannot connect to the engine/s);
});

test("aliases are functions that each shell takes over", async () => {
  const berth = berthCommand();
  const show = async (shell: string, line: string): Promise<string> => {
    const { code, stdout, stderr } = await run([shell, ...(shell === "fish" ? ["--no-config"] : ["-f"]), "-c", line], {
      env: { PATH: `${berth.slice(0, berth.lastIndexOf("/"))}:${process.env["PATH"] ?? ""}` },
    });
    expect([shell, code, stderr]).toEqual([shell, 0, ""]);
    return stdout;
  };
  for (const shell of ["bash", "zsh", "fish"].filter((each) => Bun.which(each) !== null)) {
    const load = shell === "fish" ? "berth aliases fish | source" : `eval "$(berth aliases ${shell})"`;
    const fake = shell === "fish" ? "function berth; printf '<%s>' $argv; end" : "berth() { printf '<%s>' \"$@\"; }";
    expect(await show(shell, `${load}; ${fake}; dps -a 'two words'`)).toBe("<ps><-a><two words>");
    expect(await show(shell, `${load}; ${fake}; dip web`)).toBe(
      "<inspect><--format><{{.Name}}{{range .NetworkSettings.Networks}} {{.IPAddress}}{{end}}><web>",
    );
  }
  expect(await show("bash", `alias dps=false; shopt -s expand_aliases; eval "$(berth aliases bash)"; type -t dps drm`)).toBe(
    "function\nfunction\n",
  );
  expect((await run([berth, "aliases", "--prefix", "b", "fish"])).stdout).toContain("function bps ");
  expect(await run([berth, "aliases", "tcsh"])).toMatchObject({ code: 125, stderr: expect.stringContaining("bash, zsh, fish") as string });
  expect(await run([berth, "aliases", "--prefix", "; rm", "bash"])).toMatchObject({ code: 125 });
});
