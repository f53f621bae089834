import type { CaseContext, DifferentialCase } from "../case.ts";

/** Runs stock-CLI commands one after another and notes code and output of each. */
async function commands(context: CaseContext, list: readonly (readonly string[])[]): Promise<void> {
  for (const [index, args] of list.entries()) {
    const result = await context.cli(args);
    context.see(`${index + 1}. docker ${args.join(" ")}`, {
      code: result.code,
      stdout: result.stdout
        .replaceAll(/(Less than a second|About a minute|\d+ (seconds?|minutes?|hours?|days?|weeks?|months?|years?))( ago)?/g, "<age>")
        .replaceAll(/ {2,}/g, "  "),
      stderr: result.stderr,
    });
  }
}

/** The stock docker CLI, command by command. */
export const cli: readonly DifferentialCase[] = [
  {
    name: "cli: a life from create to rm",
    run: (context) =>
      commands(context, [
        ["create", "--name", "c1", "-e", "A=1", "busybox", "sleep", "60"],
        ["ps", "-a", "--format", "{{.Names}} {{.Image}} {{.Command}} {{.Status}}"],
        ["start", "c1"],
        ["ps", "--format", "table {{.Names}}\t{{.Status}}\t{{.Ports}}"],
        ["exec", "c1", "sh", "-c", "echo $A; exit 4"],
        ["exec", "-u", "ann", "-w", "/tmp", "-e", "B=2", "c1", "sh", "-c", "id -un; pwd; echo $B"],
        ["exec", "c1", "nosuch"],
        ["exec", "nope", "true"],
        ["top", "c1", "-o", "comm,args"],
        ["rename", "c1", "c2"],
        ["pause", "c2"],
        ["exec", "c2", "true"],
        ["unpause", "c2"],
        ["rm", "c2"],
        ["stop", "-t", "0", "c2"],
        ["stop", "c2"],
        ["start", "c2"],
        ["restart", "-t", "0", "c2"],
        ["kill", "-s", "KILL", "c2"],
        ["wait", "c2"],
        ["kill", "c2"],
        ["inspect", "-f", "{{.State.Status}} {{.State.ExitCode}} {{.Name}}", "c2"],
        ["inspect", "nope"],
        ["rm", "c2"],
        ["rm", "c2"],
        ["rm", "-f", "c2"],
      ]),
  },
  {
    name: "cli: run and its exit codes",
    run: async (context) => {
      await commands(context, [
        ["run", "--rm", "busybox", "echo", "hello"],
        ["run", "--rm", "busybox", "sh", "-c", "echo out; exit 7"],
        ["run", "--rm", "busybox", "sh", "-c", "kill -TERM $$"],
        ["run", "--rm", "-e", "X=y", "-w", "/tmp", "-u", "ann", "--hostname", "h1", "busybox", "sh", "-c", "echo $X; pwd; id -u; hostname"],
        ["run", "--rm", "--entrypoint", "echo", "busybox", "a", "b"],
        ["run", "--rm", "--read-only", "busybox", "touch", "/x"],
        [
          "run",
          "--rm",
          "--label",
          "a=b",
          "--tmpfs",
          "/t",
          "--init",
          "--memory",
          "64m",
          "--cpus",
          "0.5",
          "--pids-limit",
          "20",
          "busybox",
          "true",
        ],
        ["run", "--bogus", "busybox"],
        ["run", "--rm", "-v", "bad:/a:b:c:d", "busybox"],
      ]);
      for (const [name, args] of Object.entries({ missing: ["nosuch"], "no permission": ["/etc/noexec"], folder: ["/etc"] })) {
        const result = await context.cli(["run", "--rm", "busybox", ...args]);
        context.see(name, { code: result.code, stdout: result.stdout });
      }
      const input = await context.cli(["run", "--rm", "-i", "busybox", "cat"], { input: "through stdin\n" });
      context.see("stdin", input);
      const megabyte = await context.cli(["run", "--rm", "-i", "busybox", "md5sum"], { input: new Uint8Array(3_000_000).fill(65) });
      context.see("3 MB of stdin", megabyte);
    },
  },
  {
    name: "cli: detached, logs, attach, rm -f",
    run: async (context) => {
      const started = await context.cli([
        "run",
        "-d",
        "--name",
        "d1",
        "busybox",
        "sh",
        "-c",
        "echo one; sleep 0.3; echo two >&2; sleep 60",
      ]);
      context.see("id", { code: started.code, length: started.stdout.length });
      await context.untilLogged("d1", "two");
      await commands(context, [
        ["logs", "d1"],
        ["logs", "--tail", "1", "d1"],
        ["port", "d1"],
        ["ps", "-q", "--no-trunc"],
        ["ps", "--filter", "name=d1", "--format", "{{.ID}} {{.RunningFor}} {{.Status}} {{.Size}}"],
        ["rm", "-f", "d1"],
        ["ps", "-aq"],
        ["logs", "d1"],
      ]);
    },
  },
  {
    name: "cli: images",
    run: (context) =>
      commands(context, [
        ["images"],
        ["images", "--no-trunc", "--format", "{{.Repository}} {{.Tag}} {{.ID}}"],
        ["tag", "busybox", "other:1"],
        ["images", "-q"],
        ["history", "busybox"],
        ["image", "inspect", "-f", "{{.Id}} {{.Config.Cmd}} {{.RootFS.Type}}", "busybox"],
        ["rmi", "other:1"],
        ["rmi", "other:1"],
        ["image", "ls", "--filter", "reference=busy*"],
      ]),
  },
];
