import { writeFileSync } from "node:fs";
import type { CaseContext, DifferentialCase } from "../case.ts";

/** Runs command lines one after another and notes code and output of each; ages and columns are made alike. */
async function commands(context: CaseContext, list: readonly (readonly string[])[]): Promise<void> {
  for (const [index, words] of list.entries()) {
    const { code, stdout, stderr } = await context.cli(words);
    const shown = words.join(" ").replaceAll(context.sandbox.folder, "<folder>");
    context.see(`${index + 1}. docker ${shown}`, {
      code,
      stdout: stdout
        .replaceAll(/(Less than a second|About a minute|\d+ (seconds?|minutes?|hours?))( ago)?/g, "<age>")
        .replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d{4} [A-Z]+/g, "<date>")
        .replaceAll(/ {2,}/g, "  "),
      stderr,
    });
  }
}

/** Waits until a container's log holds these words. */
async function untilLogged(context: CaseContext, name: string, words: string): Promise<void> {
  for (let attempt = 0; attempt < 600; attempt++) {
    if ((await context.engine.api.get(`/containers/${name}/logs?stdout=1&stderr=1`)).text.includes(words)) return;
    await Bun.sleep(50);
  }
  throw new Error(`${name} did not write ${words}`);
}

/** Flags of the commands for containers that are there already. */
export const cliFlags: readonly DifferentialCase[] = [
  {
    name: "cli flags: ps",
    run: async (context) => {
      await context.create("one", { Labels: { a: "1" } });
      await context.start("two", { Cmd: ["sleep", "60"], ExposedPorts: { "53/udp": {} }, Labels: { a: "2" } });
      await commands(context, [
        ["ps", "--all", "--format", "{{.Names}} {{.State}} {{.Labels}}"],
        ["ps", "-n", "1", "--format", "{{.Names}}"],
        ["ps", "--last", "5", "--format", "{{.Names}}"],
        ["ps", "-l", "--format", "{{.Names}} {{.Networks}} {{.Mounts}} {{.LocalVolumes}}"],
        ["ps", "--latest", "--quiet", "--no-trunc"],
        ["ps", "-s", "--format", "{{.Names}} {{.Size}}"],
        ["ps", "-a", "--filter", "label=a=1", "--filter", "status=created", "--format", '{{.Names}} {{.Label "a"}}'],
        ["ps", "-a", "-f", "name=w", "--format", "table {{.Names}}\t{{.Command}}\t{{.Ports}}"],
        ["ps", "--filter", "bogus=1"],
        ["ps", "--filter", "bogus"],
        ["ps", "--format", "{{.Bogus}}"],
        ["ps", "superfluous"],
      ]);
    },
  },
  {
    name: "cli flags: start, attach, wait",
    run: async (context) => {
      await context.create("greets", { Cmd: ["sh", "-c", "echo out; echo err >&2; exit 3"] });
      await context.create("echoes", { Cmd: ["cat"], OpenStdin: true, StdinOnce: true, AttachStdin: true });
      await context.create("sleeps", { Cmd: ["sleep", "60"] });
      await commands(context, [
        ["start", "--attach", "greets"],
        ["start", "-a", "--detach-keys", "ctrl-x", "greets"],
        ["start", "-a", "greets", "sleeps"],
        ["start", "greets", "sleeps", "nope"],
        ["attach", "greets"],
        ["attach", "nope"],
        ["attach", "--detach-keys", "bogus", "sleeps"],
      ]);
      context.see("start -ai", await context.cli(["start", "-ai", "echoes"], { input: "through\n" }));
      context.see("start --interactive", await context.cli(["start", "--attach", "--interactive", "echoes"], { input: "again\n" }));
      await context.start("ends", { Cmd: ["sh", "-c", "read x; echo got $x; exit 4"], OpenStdin: true, StdinOnce: true });
      context.see("attach", await context.cli(["attach", "--sig-proxy=false", "ends"], { input: "word\n" }));
      await context.start("talks", { Cmd: ["sh", "-c", "sleep 1; echo said; exit 5"] });
      context.see("attach --no-stdin", await context.cli(["attach", "--no-stdin", "talks"]));
      await commands(context, [["wait", "greets", "ends", "talks"], ["wait", "greets", "nope"], ["wait"]]);
    },
  },
  {
    name: "cli flags: exec",
    run: async (context) => {
      const file = `${context.sandbox.folder}/exec-variables`;
      writeFileSync(file, "ONE=1\nTWO=2\n");
      await context.start("c1", { Cmd: ["sleep", "60"], Env: ["ZERO=0"] });
      await commands(context, [
        ["exec", "--env-file", file, "-e", "THREE=3", "c1", "sh", "-c", "echo $ZERO $ONE $TWO $THREE"],
        ["exec", "--env", "A=1", "--user", "ann", "--workdir", "/home", "c1", "sh", "-c", "echo $A; id -un; pwd"],
        ["exec", "-t", "c1", "sh", "-c", "tty | cut -c1-8"],
        ["exec", "--detach", "c1", "touch", "/tmp/made"],
        ["exec", "--detach-keys", "ctrl-a", "c1", "true"],
        ["exec", "--privileged=false", "c1", "true"],
        ["exec", "-w", "/nope", "c1", "true"],
        ["exec", "-u", "nobody-here", "c1", "true"],
        ["exec", "c1"],
        ["exec", "--bogus", "c1", "true"],
      ]);
      context.see("exec --interactive", await context.cli(["exec", "--interactive", "c1", "cat"], { input: "through\n" }));
    },
  },
  {
    name: "cli flags: logs",
    run: async (context) => {
      await context.start("c1", {
        Cmd: ["sh", "-c", "for i in 1 2 3 4; do echo line $i; done; sleep 60"],
        Labels: { a: "b" },
        HostConfig: { LogConfig: { Type: "json-file", Config: { labels: "a" } } },
      });
      await untilLogged(context, "c1", "line 4");
      await context.start("c3", { Cmd: ["sh", "-c", "echo err >&2"] });
      await untilLogged(context, "c3", "err");
      await commands(context, [
        ["logs", "c1"],
        ["logs", "c3"],
        ["logs", "-n", "2", "c1"],
        ["logs", "--tail", "0", "c1"],
        ["logs", "--tail", "all", "--details", "c1"],
        ["logs", "--since", "1h", "c1"],
        ["logs", "--since", "2099-01-01", "c1"],
        ["logs", "--until", "1h", "c1"],
        ["logs", "--since", "bogus", "c1"],
        ["logs", "nope"],
      ]);
      const stamped = await context.cli(["logs", "-t", "--tail", "1", "c1"]);
      context.see("logs --timestamps", { ...stamped, stdout: stamped.stdout.length, stderr: stamped.stderr.length });
      await context.start("c2", { Cmd: ["sh", "-c", "echo one; sleep 1; echo two"] });
      context.see("logs --follow", await context.cli(["logs", "--follow", "c2"]));
    },
  },
  {
    name: "cli flags: kill, stop, restart, pause, rm",
    run: async (context) => {
      const body = { Cmd: ["sh", "-c", "trap 'exit 9' USR1; trap 'exit 8' TERM; echo ready; while :; do sleep 0.1; done"] };
      for (const name of ["k1", "k2", "k3", "k4"]) {
        await context.start(name, body);
        await untilLogged(context, name, "ready");
      }
      await commands(context, [
        ["kill", "--signal", "USR1", "k1"],
        ["wait", "k1"],
        ["kill", "-s", "BOGUS", "k2"],
        ["stop", "--time", "20", "k2"],
        ["inspect", "--format", "{{.State.ExitCode}}", "k2"],
        ["restart", "--time", "20", "k3", "k2"],
        ["pause", "k3", "k4"],
        ["pause", "k3"],
        ["unpause", "k3", "k4", "nope"],
        ["port", "k3"],
        ["port", "k3", "80"],
        ["port", "nope"],
        ["rename", "k3", "k9"],
        ["rename", "k9", "k4"],
        ["rename", "k9"],
        ["rm", "k9", "k4"],
        ["rm", "--force", "--volumes", "k9", "k4", "nope"],
        ["rm", "nope"],
        ["stop", "nope", "k2"],
        ["kill", "k2"],
        ["restart", "nope"],
      ]);
    },
  },
  {
    name: "cli flags: inspect",
    run: async (context) => {
      await context.create("c1", { Labels: { a: "b" } });
      await commands(context, [
        ["inspect", "--format", "{{.Name}} {{json .Config.Labels}}", "c1"],
        ["inspect", "--type", "container", "-f", "{{.Name}}", "c1"],
        ["inspect", "--type", "image", "-f", "{{.Id}}", "c1"],
        ["inspect", "--type", "bogus", "c1"],
        ["inspect", "--size", "-f", "{{.SizeRw}} {{.SizeRootFs}}", "c1"],
        ["inspect", "-f", "{{.Name}}", "c1", "nope"],
        ["container", "inspect", "-s", "--format", "{{.SizeRw}}", "c1"],
        ["container", "inspect", "busybox"],
        ["inspect", "-f", "{{.Bogus}}", "c1"],
        ["inspect", "-f", "{{", "c1"],
        ["network", "inspect", "-f", "{{.Name}} {{.Driver}}", "bridge"],
        ["network", "ls", "--format", "{{.Name}} {{.Driver}} {{.Scope}}", "--filter", "driver=host"],
        ["network", "ls", "-q", "--no-trunc", "--filter", "name=none"],
        ["version", "--format", "{{.Server.Os}}"],
        ["info", "--format", "{{.OSType}} {{.ContainersRunning}}"],
      ]);
    },
  },
];
