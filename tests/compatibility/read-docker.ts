/**
 * `bun tests/compatibility/read-docker.ts /usr/bin/docker > tests/compatibility/docker-VERSION.txt`: the commands and flags of a docker CLI, read
 * from its helps. Only names and types are kept.
 */
const program = process.argv[2] ?? "docker";

interface Found {
  readonly names: string;
  readonly flags: string;
}

function help(words: readonly string[]): string {
  // Without a home, so that nobody's plugins and settings show.
  return Bun.spawnSync([program, ...words, "--help"], { env: { HOME: "/nonexistent", PATH: "/usr/bin:/bin" } }).stdout.toString();
}

/** Every command below the words that has no commands of its own. */
function walk(words: readonly string[]): Found[] {
  const text = help(words);
  const below = text
    .split("\n\n")
    .filter((part) => /^(Common |Management |Swarm )?Commands:/.test(part))
    .flatMap((part) => [...part.matchAll(/^ {2}([a-z][a-z-]*) /gm)].map((match) => match[1] ?? ""));
  const found = words.length === 0 || below.length === 0 ? [{ names: namesOf(text, words), flags: flagsOf(text) }] : [];
  return [...found, ...below.flatMap((word) => walk([...words, word]))];
}

function namesOf(text: string, words: readonly string[]): string {
  const aliases = /Aliases:\n {2}(.*)/.exec(text)?.[1] ?? `docker ${words.join(" ")}`;
  return aliases
    .split(", ")
    .map((alias) => alias.replace(/^docker ?/, ""))
    .join(", ");
}

function flagsOf(text: string): string {
  const flags = text.matchAll(/^ {2,}(?:-([a-zA-Z0-9]), )?--([a-z0-9-]+)(?: ([a-z][A-Za-z0-9-]*))?(?= {2}|\n|$)/gm);
  return [...flags].map(([, short, name = "", type = "bool"]) => `${name} ${type}${short === undefined ? "" : ` -${short}`}`).join("; ");
}

const version = /version (\S+),/.exec(Bun.spawnSync([program, "--version"]).stdout.toString())?.[1] ?? "unknown";
const lines = [...new Set(walk([]).map(({ names, flags }) => `${names}: ${flags}`.trimEnd()))].sort();
process.stdout.write(`# docker CLI ${version}: every command, its other names, and its flags with types, as its helps name them.\n`);
process.stdout.write(`${lines.join("\n")}\n`);
