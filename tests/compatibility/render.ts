import type { BerthCommand } from "./berth-commands.ts";
import { type DockerCommand, dockerCliVersion } from "./docker-commands.ts";
import { apiVersion, type Endpoint } from "./endpoints.ts";
import type { OwnTest } from "./own-tests.ts";
import type { Results, Shown } from "./results.ts";

/** What the page is made from. */
export interface Sources {
  readonly docker: readonly DockerCommand[];
  readonly berth: readonly BerthCommand[];
  readonly endpoints: readonly Endpoint[];
  readonly results: Results;
  /** Commands and flags that tests of Berth's own show, where dockerd 20.10 cannot. */
  readonly ownTests: ReadonlyMap<string, OwnTest>;
  /** Commands that make no call of the engine, or none that is the engine's matter, and why. */
  readonly clientOnly: ReadonlyMap<string, string>;
}

/** What all cases together show of one command, flag, endpoint or parameter. */
interface Evidence {
  /** Cases in which it was used and succeeded. */
  equal: number;
  /** Cases in which both refused it. */
  refused: number;
  readonly reasons: Set<string>;
}

const swarm = /^(config|node|plugin|secret|service|stack|swarm|trust|manifest) /;

/** The whole of `docs/compatibility.md`. */
export function renderPage(sources: Sources): string {
  const notes = new Notes();
  const engine = gather(sources.results.engine);
  const ownCli = gather({ ...sources.results.ownCli, ...everyVersion(sources.results.sameData) });
  const state: State = (item, found) => {
    const evidence = found.get(item);
    const own = sources.ownTests.get(item);
    const ownWords = own === undefined || (evidence?.equal ?? 0) > 0 ? [] : [`own test: [${own.name}](../${own.file})`];
    const words = sources.results.notYet[item] === undefined && evidence === undefined ? sources.clientOnly.get(item) : undefined;
    if (evidence === undefined && (words !== undefined || ownWords.length > 0)) return words ?? ownWords.join();
    return [describe({ evidence, words: sources.results.notYet[item], notes }), ...ownWords].join("; ");
  };
  const commands = sources.docker.filter(({ name }) => name !== "" && !swarm.test(name));
  const sections = [...commands.map((command) => commandSection({ command, berth: sources.berth, engine, ownCli, state, sources }))];
  const others = sources.docker.filter(({ name }) => swarm.test(name));
  const endpoints = sources.endpoints.map((endpoint) => endpointRow(endpoint, (item) => state(item, engine)));
  return `${[
    intro(sources.results, engine, sources),
    "## Commands and flags",
    globalSection(sources, ownCli, state),
    ...sections,
    "## Commands of swarm, plugins, manifests and trust",
    `${table(
      ["command", "Docker's CLI with Berth's engine"],
      others.map(({ name }) => [code(`docker ${name}`), state(name, engine)]),
    )}`,
    "## Engine API",
    `Endpoints of API ${apiVersion}, and their parameters: \`?x\` in the query, \`filters.x\` in its filters, \`X\` in the body.`,
    table(["endpoint", "state", "parameters shown", "parameters not shown"], endpoints),
    "## Accepted differences",
    notes.text(),
  ].join("\n\n")}\n`;
}

function intro(results: Results, engine: ReadonlyMap<string, Evidence>, sources: Sources): string {
  const flags = sources.docker
    .filter(({ name }) => !swarm.test(name))
    .flatMap(({ name, flags }) => [...flags.keys()].map((flag) => item(name, flag)));
  const shown = flags.filter((flag) => (engine.get(flag)?.equal ?? 0) > 0).length;
  return `# Compatibility with Docker

This page is made by \`bun tests/compatibility/generate.ts\` from \`docs/compatibility.json\`, which a run of the differential suite writes: the same calls against Berth
and a private dockerd 20.10.24 (API 1.41), compared byte by byte but for ids, times and addresses. Commands and flags are those of docker CLI ${dockerCliVersion}, endpoints
those of API ${apiVersion}. Nothing here is claimed that no case has shown.

What the states say:

- **equal**: used with success in so many cases, and everything that the case looked at was the same.
- **equal refusal**: used only in calls that both refuse, with the same status and words.
- A number in brackets, such as [3], names an accepted difference with its reason, at the call whose answer showed it; they are listed at the end.
- **no**: the engine does not do it; the words are its answer.
- **own test**: Docker 20.10, which the comparison is made with, does not know it or cannot do it here; a test of Berth's own shows it.
- **not tested**: no case uses it. It may work; nobody has compared it.

What a list or a template of \`berth\` looks like is also compared with docker's at the same data, by both against one Berth engine: byte for byte, and with several docker
CLIs (${Object.keys(results.sameData).join(", ")}).

The column *engine* is Docker's own command line with Berth's engine in place of Docker's. The column *berth* is the command line \`berth\` in place of Docker's, with the
same engine: exit code and output must be the same, the words of errors are its own. What \`berth\` does not have is marked **–**.

${Object.keys(results.engine).length} cases; ${shown} of ${flags.length} flags (without swarm, plugins, manifests and trust) were used with success.`;
}

/** What the page says of a command, flag, endpoint or parameter. */
type State = (item: string, found: ReadonlyMap<string, Evidence>) => string;

interface SectionParts {
  readonly command: DockerCommand;
  readonly berth: readonly BerthCommand[];
  readonly engine: ReadonlyMap<string, Evidence>;
  readonly ownCli: ReadonlyMap<string, Evidence>;
  readonly state: State;
  readonly sources: Sources;
}

function commandSection({ command, berth, engine, ownCli, state, sources }: SectionParts): string {
  const refusal = sources.results.notYet[command.name] ?? sources.clientOnly.get(command.name);
  // One word for a command that does nothing stands for all its flags.
  if (refusal !== undefined && !engine.has(command.name) && !ownCli.has(command.name)) {
    return `### docker ${command.name}\n\n${state(command.name, engine)}`;
  }
  const own = berth.find(({ names }) => names.includes(command.name));
  const row = (label: string, what: string, has: boolean): string[] => [label, state(what, engine), has ? state(what, ownCli) : "–"];
  const rows = [
    row("(the command)", command.name, own !== undefined),
    ...[...command.flags.keys()].map((flag) =>
      row(code(`--${flag}`), item(command.name, flag), flag === "help" || (own?.flags.includes(flag) ?? false)),
    ),
  ];
  const more = own?.flags.filter((flag) => !command.flags.has(flag)) ?? [];
  const extra = more.length === 0 ? "" : `\n\n\`berth ${command.name}\` has more: ${more.map((flag) => code(`--${flag}`)).join(", ")}.`;
  return `### docker ${command.name}\n\n${table(["", "engine", "berth"], rows)}${extra}`;
}

function globalSection({ docker, berth }: Sources, ownCli: ReadonlyMap<string, Evidence>, state: State): string {
  const flags = [...(docker.find(({ name }) => name === "")?.flags.keys() ?? [])];
  const own = berth.find(({ names }) => names.includes(""))?.flags ?? [];
  const rows = flags.map((flag) => [code(`--${flag}`), own.includes(flag) ? state(`--${flag}`, ownCli) : "–"]);
  return `### Before every command\n\n${table(["", "berth"], rows)}`;
}

function endpointRow(endpoint: Endpoint, state: (item: string) => string): string[] {
  const states = endpoint.parameters.map((parameter) => ({ parameter, state: state(`${endpoint.name} ${parameter}`) }));
  const list = (shown: boolean): string =>
    states
      .filter((one) => (one.state !== "not tested") === shown)
      .map((one) => `${code(one.parameter)}${one.state.startsWith("equal (") || !shown ? "" : ` (${one.state})`}`)
      .join(", ");
  return [code(endpoint.name), state(endpoint.name), list(true), list(false)];
}

/** The cases of every version of the docker CLI under names of their own. */
function everyVersion(sameData: Results["sameData"]): Record<string, Shown> {
  const cases = Object.entries(sameData).flatMap(([version, groups]) =>
    Object.entries(groups).map(([name, shown]): [string, Shown] => [`${version} ${name}`, shown]),
  );
  return Object.fromEntries(cases);
}

/** Collects the reasons of accepted differences under numbers. */
class Notes {
  readonly #reasons: string[] = [];

  number(reason: string): number {
    if (!this.#reasons.includes(reason)) this.#reasons.push(reason);
    return this.#reasons.indexOf(reason) + 1;
  }

  text(): string {
    return this.#reasons.map((reason, index) => `${index + 1}. ${reason}`).join("\n");
  }
}

function gather(cases: Readonly<Record<string, Shown>>): Map<string, Evidence> {
  const found = new Map<string, Evidence>();
  const of = (name: string): Evidence => {
    const evidence = found.get(name) ?? { equal: 0, refused: 0, reasons: new Set<string>() };
    found.set(name, evidence);
    return evidence;
  };
  for (const shown of Object.values(cases)) {
    for (const name of shown.equal) of(name).equal++;
    for (const name of shown.refused) of(name).refused++;
    for (const [reason, names] of Object.entries(shown.accepted)) for (const name of names) of(name).reasons.add(reason);
  }
  return found;
}

function describe({ evidence, words, notes }: { evidence: Evidence | undefined; words: string | undefined; notes: Notes }): string {
  if (words !== undefined) return `**no**: ${escape(words)}`;
  if (evidence === undefined) return "not tested";
  const count = (number: number): string => `${number} case${number === 1 ? "" : "s"}`;
  const state =
    evidence.equal > 0
      ? `equal (${count(evidence.equal)})`
      : evidence.refused > 0
        ? `equal refusal (${count(evidence.refused)})`
        : "differs";
  const numbers = [...evidence.reasons].map((reason) => `[${notes.number(reason)}]`);
  return [state, ...numbers].join(" ");
}

function item(command: string, flag: string): string {
  return command === "" ? `--${flag}` : `${command} --${flag}`;
}

function code(text: string): string {
  return `\`${text}\``;
}

function escape(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("<", "&lt;");
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`.replace("|  |", "| |");
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
