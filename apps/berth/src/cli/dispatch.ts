import { fail } from "@berth/base";
import { Connection, openTransport } from "@berth/client";
import { UsageError } from "./args/flag.ts";
import type { Parsed } from "./args/parse.ts";
import { parseArgs } from "./args/parse.ts";
import type { Command, Context } from "./command.ts";
import type { CommandEntry } from "./commands.ts";
import { findCommand, groups } from "./commands.ts";
import type { CliConfig } from "./context/config.ts";
import { configDirectory, readConfig } from "./context/config.ts";
import { chooseContext, defaultEndpoint, endpointOf } from "./context/host.ts";
import type { Output } from "./context/output.ts";
import { startProgram } from "./context/start-program.ts";
import { BrokenPipe, openOutput } from "./context/output.ts";
import { globalFlags, helpFlag, logLevels } from "./globals.ts";
import { CountError } from "./status.ts";

/** What a program killed by SIGPIPE ends with. */
const brokenPipeCode = 141;
const usageCode = 125;

/** Runs one command line, without the program's name; gives the exit code. */
export async function runCli(argv: readonly string[]): Promise<number> {
  const stdout = openOutput(1);
  const stderr = openOutput(2);
  try {
    return await run({ argv, stdout, stderr });
  } catch (error) {
    if (error instanceof BrokenPipe) return brokenPipeCode;
    const { reportFailure } = await import("./report.ts");
    return reportFailure({ error, stderr, usage: undefined, code: error instanceof UsageError ? usageCode : 1 });
  }
}

interface Invocation {
  readonly argv: readonly string[];
  readonly stdout: Output;
  readonly stderr: Output;
}

async function run({ argv, stdout, stderr }: Invocation): Promise<number> {
  if (argv[0] === "__complete") {
    const { complete } = await import("./completion/answer.ts");
    await stdout.write(await complete(argv.slice(1)));
    return 0;
  }
  const globals = parseArgs(globalFlags, argv, { interspersed: false });
  const [first, ...rest] = globals.args;
  const level = globals.string("log-level");
  if (!logLevels.includes(level.toLowerCase())) {
    throw fail("invalid", `--log-level ${JSON.stringify(level)} is none: use debug, info, warn, error or fatal`);
  }
  if (globals.bool("version")) {
    const { buildInfo } = await import("../build-info.ts");
    const { version, commit } = buildInfo();
    await stdout.write(`Berth version ${version}, build ${commit}\n`);
    return 0;
  }
  if (first === undefined || first === "help" || (globals.bool("help") && !Object.hasOwn(groups, first))) {
    const words = first === "help" ? rest : [];
    const { showHelp } = await import("./show-help.ts");
    return showHelp(words, stdout, stderr);
  }
  const found = findCommand(globals.args);
  if (found === undefined) {
    const { showGroupOrUnknown } = await import("./show-help.ts");
    return showGroupOrUnknown(globals.args, stdout, stderr);
  }
  const meant = found.entry.yieldsToContainer === true ? await besideContainer({ found, globals, stdout, stderr }) : found;
  return runCommand({ ...meant, globals, stdout, stderr });
}

type Found = NonNullable<ReturnType<typeof findCommand>>;

/**
 * `berth exec ls /tmp` lists a folder in a container named `ls`, where there is one; so docker's own lines keep their meaning.
 * Without a further word only the list of execs can be meant.
 */
async function besideContainer(parts: Omit<ContextParts, "config"> & { readonly found: Found }): Promise<Found> {
  const { found } = parts;
  const words = found.name.split(" ");
  const [next] = found.rest;
  const asksHelp = next === undefined || next === "--help" || next === "-h";
  const outer = asksHelp ? undefined : findCommand(words.slice(0, -1));
  if (outer === undefined) return found;
  const { inspectContainer } = await import("@berth/client");
  const { engine } = await openContext({ ...parts, config: await readConfig(configDirectory(parts.globals.string("config"))) });
  const named = await inspectContainer(engine, words.at(-1) ?? "").then(
    () => true,
    // What else may be wrong with the engine the command itself will tell.
    () => false,
  );
  return named ? { ...outer, rest: [...words.slice(-1), ...found.rest] } : found;
}

interface CommandCall {
  readonly entry: CommandEntry;
  readonly name: string;
  readonly rest: readonly string[];
  readonly globals: Parsed;
  readonly stdout: Output;
  readonly stderr: Output;
}

async function runCommand({ entry, name, rest, globals, stdout, stderr }: CommandCall): Promise<number> {
  // The settings are read while the command is loaded; what is wrong with them is told when they are needed.
  const config = readConfig(configDirectory(globals.string("config")));
  config.catch(() => undefined);
  const { command } = await entry.load();
  const usage = { name: `berth ${name}`, text: command.usage };
  try {
    const flags = [...command.flags, helpFlag];
    // `-h` asks for help wherever it means nothing else.
    const asksHelp = rest[0] === "-h" && !command.flags.some((flag) => flag.short === "h");
    const parsed = parseArgs(flags, asksHelp ? ["--help"] : rest, { interspersed: command.interspersed ?? true });
    if (parsed.bool("help")) {
      const { showCommandHelp } = await import("./show-help.ts");
      return await showCommandHelp({ entry, name, command, stdout });
    }
    checkCount(command, parsed, usage.name);
    return await command.run(await openContext({ config: await config, globals, stdout, stderr, local: command.local }), parsed);
  } catch (error) {
    if (error instanceof BrokenPipe) return brokenPipeCode;
    const { reportFailure } = await import("./report.ts");
    const words = error instanceof Error ? error.message : String(error);
    const code = error instanceof UsageError ? usageCode : (command.failureCode?.(words) ?? 1);
    return reportFailure({ error, stderr, usage, code, debug: globals.bool("debug") });
  }
}

function checkCount(command: Command, parsed: Parsed, name: string): void {
  const { min, max } = command;
  const count = parsed.args.length;
  if (count >= min && (max === undefined || count <= max)) return;
  const plural = (number: number): string => `${number} argument${number === 1 ? "" : "s"}`;
  let words: string;
  if (max === 0) words = "accepts no arguments";
  else if (max === min) words = `requires ${plural(min)}`;
  else if (max !== undefined && count > max) words = `requires at most ${plural(max)}`;
  else words = `requires at least ${plural(min)}`;
  throw new CountError(`'${name}' ${words}`);
}

interface ContextParts {
  readonly config: CliConfig;
  readonly globals: Parsed;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly local?: boolean | undefined;
}

async function openContext({ config, globals, stdout, stderr, local = false }: ContextParts): Promise<Context> {
  const contextName = chooseContext(globals, config);
  const debug = globals.bool("debug") || globals.string("log-level") === "debug";
  const common = { config, contextName, stdout, stderr, debug, defaultEndpoint: () => defaultEndpoint(globals, config) };
  if (local) return withoutEngine(common);
  const endpoint = await endpointOf(contextName, globals, config);
  const headers = config.httpHeaders ?? {};
  const transport = openTransport(endpoint.host, { tls: endpoint.tls, headers, startProgram });
  const engine = new Connection(transport, process.env["DOCKER_API_VERSION"] || undefined);
  return { ...common, engine, endpoint, host: endpoint.host };
}

/** For commands that declare to talk to no engine. */
function withoutEngine(common: Omit<Context, "engine" | "endpoint" | "host">): Context {
  const refuse = (): never => {
    throw new TypeError("a local command asks for the engine");
  };
  return {
    ...common,
    get engine() {
      return refuse();
    },
    get endpoint() {
      return refuse();
    },
    get host() {
      return refuse();
    },
  };
}
