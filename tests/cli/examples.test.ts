import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, symlinkSync } from "node:fs";
import { buildBusyboxImage } from "../harness/busybox-image.ts";
import { berthCommand, loadImage, startBerth } from "../harness/engines.ts";
import { openSandbox, run, type RunResult, type Sandbox } from "../harness/sandbox.ts";

/** Examples that cannot run here, and why. */
const leftOut: readonly { readonly pattern: RegExp; readonly reason: string }[] = [
  { pattern: / -(it|ai) |^berth attach shell/, reason: "needs a terminal" },
  { pattern: /bootstrap debian/, reason: "needs a Debian mirror" },
  { pattern: /^berth checkpoint|--checkpoint/, reason: "needs criu, and a kernel that it knows: tests/guest has them" },
  { pattern: /^berth daemon/, reason: "is no call of an engine" },
];

/** Examples that go on until the user ends them. */
const endless = /^berth (events|logs -f|attach --no-stdin)/;

/** What must have happened before an example makes sense. */
const before: readonly (readonly [pattern: RegExp, line: string])[] = [
  [/--name web/, "berth rm -f web"],
  [/^berth unpause web/, "berth pause web"],
  [/^berth rm web/, "berth stop web"],
  [/^berth save .*tools:1/, "berth tag busybox tools:1"],
  [/^berth exec kill/, "berth exec -d web sleep 1000"],
  [/^berth wait build/, "berth run -d --name build busybox sleep 1"],
  [/dangling=true\)/, "berth rm -f $(berth ps -aq); berth import rootfs.tar"],
];

const width = 80;

/** Every command's help, by its name; found the way a user finds it, from the first help on. */
async function readHelps(): Promise<Map<string, string>> {
  const helps = new Map<string, string>();
  const read = async (words: readonly string[]): Promise<string> => {
    const { code, stdout } = await run([berthCommand(), ...words, "--help"]);
    expect([words.join(" "), code]).toEqual([words.join(" "), 0]);
    helps.set(words.join(" "), stdout);
    return stdout;
  };
  const names = (text: string, titles: RegExp): string[] =>
    text
      .split("\n\n")
      .filter((part) => titles.test(part))
      .flatMap((part) => [...part.matchAll(/^ {2}([a-z]+(?: [a-z]+)?) /gm)].map((match) => match[1] ?? ""));
  const first = await read([]);
  for (const name of names(first, /^[A-Z]\w+ Commands:/)) await read(name.split(" "));
  for (const group of names(first, /^Command Groups:/)) {
    for (const verb of names(await read([group]), /^Commands:/)) await read([group, ...verb.split(" ")]);
  }
  return helps;
}

function examplesOf(help: string): string[] {
  const part = help.split("\n\n").find((candidate) => candidate.startsWith("Examples:\n"));
  return (part ?? "").split("\n").flatMap((line) => (line.startsWith("  ") ? [line.slice(2)] : []));
}

const helps = await readHelps();
const examples = [...new Set([...helps.values()].flatMap(examplesOf))];
const runnable = examples.filter((line) => !leftOut.some(({ pattern }) => pattern.test(line)));

test("every command has a help, and the helps have examples", () => {
  expect(helps.size).toBeGreaterThan(45);
  expect(runnable.length).toBeGreaterThan(45);
  for (const { pattern } of leftOut) expect(examples.some((line) => pattern.test(line))).toBe(true);
});

test("every help fits a terminal of 80 columns", () => {
  const wide = [...helps].flatMap(([name, help]) => help.split("\n").flatMap((line) => (line.length > width ? [`${name}: ${line}`] : [])));
  expect(wide).toEqual([]);
});

describe("examples of the helps", () => {
  let sandbox: Sandbox;
  let folder: string;
  let env: Readonly<Record<string, string>>;
  const shell = (line: string, ...prefix: readonly string[]): Promise<RunResult> =>
    run([...prefix, "sh", "-c", `cd "$EXAMPLES" && ${line}`], { env, timeoutMs: 40_000 });

  async function prepare(line: string): Promise<void> {
    const { code, stderr } = await shell(line);
    if (code !== 0) throw new Error(`${line}: ${stderr}`);
  }

  /** The containers that the examples speak of, as they should be. */
  async function resetContainers(): Promise<void> {
    const { stdout } = await shell("berth ps -a --format '{{.Names}} {{.State}} {{.Label \"of\"}}' | sort");
    if (stdout === "db running examples\nshell running examples\nweb running examples\n") return;
    await prepare('ids=$(berth ps -aq); test -z "$ids" || berth rm -f $ids');
    await prepare("berth run -d --init --label of=examples --name web -p 8080:80 busybox sh -c 'echo ready; exec httpd -f -h /home'");
    await prepare("berth run -d --init --label of=examples --name db busybox sleep 1000");
    await prepare("berth run -d -i --label of=examples --name shell busybox sh");
  }

  beforeAll(async () => {
    sandbox = await openSandbox("examples");
    const engine = await startBerth(sandbox);
    await loadImage(engine, buildBusyboxImage("busybox:latest").archive);
    folder = `${sandbox.folder}/examples`;
    mkdirSync(`${folder}/programs`, { recursive: true });
    symlinkSync(berthCommand(), `${folder}/programs/berth`);
    env = { EXAMPLES: folder, PATH: `${folder}/programs:${process.env["PATH"] ?? ""}`, BERTH_HOST: `unix://${engine.socket}` };
    await prepare("berth tag busybox tools:1 && berth save -o image.tar busybox && gzip -k image.tar");
    await prepare("mkdir -p site rootfs/bin && cp /bin/busybox rootfs/bin/sh && tar -C rootfs -cf rootfs.tar .");
  }, 60_000);
  afterAll(async () => {
    await sandbox.close();
  });

  for (const line of runnable) {
    test(line, async () => {
      await resetContainers();
      for (const [pattern, preparation] of before) if (pattern.test(line)) await prepare(preparation);
      const goesOn = endless.test(line) && !/--until/.test(line);
      const { code, stderr } = goesOn ? await shell(line, "timeout", "-k", "5", "1") : await shell(line);
      if (goesOn) expect({ code, stderr }).toEqual({ code: 124, stderr: "" });
      else expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" });
    }, 60_000);
  }
});
