import { constants } from "node:os";
import { posix } from "node:path";
import { fail } from "@berth/base";
import type { ImageExecutionConfig } from "@berth/spec";
import { expandWord } from "./expand.ts";
import { parseHealthcheck } from "./healthcheck.ts";
import { parseExposedPorts } from "./ports.ts";
import { parseJsonWords, parsePairs, splitWords } from "./words.ts";

/** What changes made of a config. */
export interface ChangeResult {
  readonly config: ImageExecutionConfig;
}

/** A config that is being changed. */
interface State {
  config: ImageExecutionConfig;
  cmdSet: boolean;
}

type Change = (state: State, text: string) => ImageExecutionConfig;

/** The instructions that `import` and `commit` allow. */
const changes: Readonly<Record<string, Change>> = {
  cmd: (state, text) => {
    state.cmdSet = true;
    return { ...state.config, Cmd: commandLine(state, text) };
  },
  entrypoint: (state, text) => {
    const { Cmd, ...rest } = state.config;
    return { ...rest, ...(state.cmdSet && Cmd !== undefined ? { Cmd } : {}), Entrypoint: text === "" ? [] : commandLine(state, text) };
  },
  env: (state, text) => {
    const list = [...(state.config.Env ?? [])];
    const known = environmentOf(state.config);
    for (const [rawName, rawValue] of parsePairs("ENV", text)) {
      const name = expandWord(rawName, known);
      const line = `${name}=${expandWord(rawValue, known)}`;
      const at = list.findIndex((entry) => entry.startsWith(`${name}=`));
      if (at < 0) list.push(line);
      else list[at] = line;
    }
    return { ...state.config, Env: list };
  },
  label: (state, text) => {
    const known = environmentOf(state.config);
    const added = parsePairs("LABEL", text).map(([name, value]) => [expandWord(name, known), expandWord(value, known)] as const);
    return { ...state.config, Labels: { ...state.config.Labels, ...Object.fromEntries(added) } };
  },
  expose: (state, text) => {
    const known = environmentOf(state.config);
    const words = needWords("EXPOSE", text).flatMap((word) => splitWords(expandWord(word, known)));
    const ports = words.flatMap(parseExposedPorts).map((port) => [port, {}] as const);
    return { ...state.config, ExposedPorts: { ...state.config.ExposedPorts, ...Object.fromEntries(ports) } };
  },
  user: (state, text) => ({ ...state.config, User: expandWord(needOne("USER", text), environmentOf(state.config)) }),
  volume: (state, text) => {
    const known = environmentOf(state.config);
    const paths = (parseJsonWords(text) ?? needWords("VOLUME", text)).map((path) => expandWord(path.trim(), known));
    if (paths.length === 0) throw fail("invalid", "VOLUME requires at least one argument");
    if (paths.includes("")) throw fail("invalid", "VOLUME specified can not be an empty string");
    return { ...state.config, Volumes: { ...state.config.Volumes, ...Object.fromEntries(paths.map((path) => [path, {}] as const)) } };
  },
  workdir: (state, text) => {
    const path = expandWord(needOne("WORKDIR", text), environmentOf(state.config));
    if (path === "") throw fail("invalid", "cannot normalize nothing");
    return { ...state.config, WorkingDir: posix.resolve("/", state.config.WorkingDir ?? "", path) };
  },
  stopsignal: (state, text) => {
    const signal = expandWord(needOne("STOPSIGNAL", text), environmentOf(state.config));
    if (!isSignal(signal)) throw fail("invalid", `Invalid signal: ${signal}`);
    return { ...state.config, StopSignal: signal };
  },
  healthcheck: (state, text) => ({ ...state.config, Healthcheck: parseHealthcheck(text) }),
  onbuild: (state, text) => {
    const trigger = (splitWords(text)[0] ?? "").toUpperCase();
    if (trigger === "") throw fail("invalid", "ONBUILD requires at least one argument");
    if (trigger === "ONBUILD") throw fail("invalid", "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed");
    if (trigger === "MAINTAINER" || trigger === "FROM") throw fail("invalid", `${trigger} isn't allowed as an ONBUILD trigger`);
    return { ...state.config, OnBuild: [...(state.config.OnBuild ?? []), text.trim()] };
  },
};

/**
 * Applies Dockerfile instructions to a config, as `docker import -c` and `docker commit -c` do. Several may stand in one
 * text, one a line; a backslash at the end of a line continues it.
 * @throws invalid in Docker's words
 */
export function applyChanges(config: ImageExecutionConfig, instructions: readonly string[]): ChangeResult {
  const state: State = { config, cmdSet: false };
  for (const line of logicalLines(instructions)) {
    const [, name = "", rest = ""] = /^(\S+)\s*(.*)$/s.exec(line) ?? [];
    const change = Object.hasOwn(changes, name.toLowerCase()) ? changes[name.toLowerCase()] : undefined;
    if (change === undefined) throw fail("invalid", `${name.toLowerCase()} is not a valid change command`);
    state.config = change(state, rest.trimEnd());
  }
  return { config: state.config };
}

function logicalLines(instructions: readonly string[]): string[] {
  const lines: string[] = [];
  let line = "";
  for (const physical of instructions.join("\n").split("\n")) {
    if (/^\s*(#|$)/.test(physical)) continue;
    const continued = /\\[ \t]*$/.exec(physical);
    line += (line === "" ? physical.trimStart() : physical).slice(0, continued === null ? undefined : -continued[0].length);
    if (continued !== null) continue;
    lines.push(line);
    line = "";
  }
  if (line !== "") lines.push(line);
  return lines;
}

/** The JSON form as it is, everything else by the shell. */
function commandLine(state: State, text: string): string[] {
  const words = parseJsonWords(text);
  if (words !== null) return words;
  return [...(state.config.Shell ?? ["/bin/sh", "-c"]), ...(text === "" ? [] : [text])];
}

function environmentOf(config: ImageExecutionConfig): ReadonlyMap<string, string> {
  return new Map((config.Env ?? []).map((entry) => [entry.slice(0, entry.indexOf("=")), entry.slice(entry.indexOf("=") + 1)]));
}

function needWords(instruction: string, text: string): string[] {
  const words = text.split(/\s+/).filter((word) => word !== "");
  if (words.length === 0) throw fail("invalid", `${instruction} requires at least one argument`);
  return words;
}

function needOne(instruction: string, text: string): string {
  if (text === "") throw fail("invalid", `${instruction} requires exactly one argument`);
  return text;
}

/** A number up to 64 or a name with or without SIG. */
function isSignal(text: string): boolean {
  if (/^\d+$/.test(text)) return Number(text) >= 1 && Number(text) <= 64;
  const name = text.toUpperCase().replace(/^SIG/, "");
  return Object.hasOwn(constants.signals, `SIG${name}`) || /^RT(MIN(\+\d{1,2})?|MAX(-\d{1,2})?)$/.test(name);
}
