import { commandPage, exampleParts, flagParts, pageName, prose, table } from "./page.ts";
import type { CommandEntry } from "../cli/commands.ts";
import { commands, groups } from "../cli/commands.ts";
import { globalFlags } from "../cli/globals.ts";
import { overviewExamples } from "../cli/show-help.ts";
import type { Output, Outputs } from "./outputs.ts";
import type { Subject } from "./subject.ts";
import { commandSubject, daemonSubject, sectionsOf } from "./subject.ts";

const titles: readonly (readonly [CommandEntry["group"], string])[] = [
  ["common", "What is used all day"],
  ["container", "Containers"],
  ["image", "Images"],
  ["system", "The engine"],
  ["management", "By what they are about"],
];

/** Every page of `docs/cli` by the name of its file, made from the commands' declarations and the outputs. */
export async function referencePages(outputs: Outputs): Promise<ReadonlyMap<string, string>> {
  const listed = await Promise.all(
    commands.map(async (entry) => ({ group: entry.group, subject: commandSubject(entry, (await entry.load()).command) })),
  );
  const all = [...listed, { group: "common" as const, subject: daemonSubject() }];
  const pages = all.map(({ subject }): [string, string] => {
    const name = pageName(subject.name);
    return [`${name}.md`, commandPage(subject, outputs[name] ?? [])];
  });
  return new Map([...pages, ["README.md", indexPage(all, outputs["README"] ?? [])]]);
}

interface Listed {
  readonly group: CommandEntry["group"];
  readonly subject: Subject;
}

function indexPage(all: readonly Listed[], outputs: readonly Output[]): string {
  const lists = titles.flatMap(([group, title]) => {
    const rows = all
      .filter((one) => one.group === group)
      .map(({ subject: { name, summary, aliases } }) => [
        `[berth ${name}](${pageName(name)}.md)`,
        prose(summary),
        aliases.map((alias) => `\`${alias}\``).join(", "),
      ]);
    return [`## ${title}`, table(["command", "does", "also written"], rows)];
  });
  const parts = [
    "# berth on the command line",
    [
      "Commands, flags, output and exit codes are docker's, with some more of Berth's own. `berth COMMAND --help` shows what these pages hold.",
      "They are made from the commands' declarations by `bun apps/berth/src/reference/generate.ts`; `tests/docs-cli` runs their examples, those of a page one",
      "after another, on a machine where the image `busybox` is there and the containers `web`, `db` and `shell` run (here, and for `run` and `create`, none do).",
      "The outputs are from such a run; ids, times and sizes differ from machine to machine.",
    ].join("\n"),
    "## A first round",
    ...exampleParts(overviewExamples, outputs),
    ...lists,
    "## Words that need another one",
    table(
      ["group", "holds"],
      Object.entries(groups).map(([name, holds]) => [`\`berth ${name}\``, holds]),
    ),
    "## Flags before the command",
    ...sectionsOf(globalFlags).flatMap(flagParts),
    "## How to read the tables of flags",
    [
      "`string …` and the like may be given several times. A `duration` is written `90s` or `1h30m`, `bytes` `512m` or `2g` (powers of 1024).",
      "A flag without a value can be switched off by `=false`. Short flags can be joined: `-it`. `--` ends the flags.",
    ].join("\n"),
    "## Exit codes",
    table(
      ["code", "says"],
      [
        ["0", "it worked"],
        ["1", "it did not work; the reason is on standard error, with what to do about it where that is known"],
        ["125", "the command line is wrong; with `run` also: the engine refused"],
        ["126, 127", "with `run` and `exec`: the program cannot be executed; it is not there"],
        ["141", "whoever was to read the output has gone away (`berth logs web | head -n 1`)"],
        ["other", "with `run`, `exec`, `attach` and `start -a`: what the program ended with"],
      ],
    ),
  ];
  return `${parts.join("\n\n")}\n`;
}
