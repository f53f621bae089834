import { fail } from "@berth/base";
import type { SeccompArgument, SeccompCondition, SeccompProfile, SeccompRule } from "./profile.ts";

/** A profile is text that somebody wrote by hand; Docker's own has 12 kB. */
const SIZE_MAX_BYTES = 1024 * 1024;

const ACTIONS = /^SCMP_ACT_(KILL|KILL_PROCESS|KILL_THREAD|TRAP|ERRNO|TRACE|ALLOW|LOG|NOTIFY)$/;
const OPERATORS = /^SCMP_CMP_(NE|LT|LE|EQ|GE|GT|MASKED_EQ)$/;

/**
 * Reads a seccomp profile in Docker's format, also the old one with one `name` a rule.
 * @throws invalid with Docker's beginning: `Decoding seccomp profile failed: …`
 */
export function parseSeccompProfile(text: string): SeccompProfile {
  if (text.length > SIZE_MAX_BYTES) throw broken("the profile is larger than 1 MiB");
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw broken(error instanceof Error ? error.message : String(error), error);
  }
  const object = record(value, "the profile");
  const profile: SeccompProfile = {
    defaultAction: object.defaultAction === undefined ? "" : action(object.defaultAction),
    ...optional("defaultErrnoRet", object.defaultErrnoRet, (errno) => integer(errno, "defaultErrnoRet")),
    ...optional("architectures", object.architectures, (list) => strings(list, "architectures")),
    ...optional("archMap", object.archMap, (list) => array(list, "archMap").map(architecture)),
    ...optional("flags", object.flags, (list) => strings(list, "flags")),
    syscalls: object.syscalls === undefined || object.syscalls === null ? [] : array(object.syscalls, "syscalls").map(rule),
  };
  if (profile.defaultAction === "" && profile.syscalls.length > 0) throw broken("defaultAction is missing");
  return profile;
}

function rule(value: unknown): SeccompRule {
  const object = record(value, "a rule");
  const single = typeof object.name === "string" && object.name !== "" ? [object.name] : [];
  const names = object.names === undefined || object.names === null ? [] : strings(object.names, "names");
  if (single.length > 0 && names.length > 0) {
    throw fail("invalid", "both 'name' and 'names' are specified in the seccomp profile, use either 'name' or 'names'");
  }
  return {
    names: [...single, ...names],
    action: action(object.action),
    ...optional("errnoRet", object.errnoRet, (errno) => integer(errno, "errnoRet")),
    ...optional("args", object.args, (list) => array(list, "args").map(argument)),
    ...optional("includes", object.includes, condition),
    ...optional("excludes", object.excludes, condition),
  };
}

function argument(value: unknown): SeccompArgument {
  const object = record(value, "an argument");
  const op = object.op;
  if (typeof op !== "string" || !OPERATORS.test(op)) throw broken(`${JSON.stringify(op)} is no valid operator`);
  const index = integer(object.index, "index");
  if (index > 5) throw broken(`a system call has no argument ${index}`);
  return {
    index,
    value: integer(object.value, "value"),
    ...optional("valueTwo", object.valueTwo, (two) => integer(two, "valueTwo")),
    op,
  };
}

function condition(value: unknown): SeccompCondition {
  const object = record(value, "a condition");
  return {
    ...optional("caps", object.caps, (list) => strings(list, "caps")),
    ...optional("arches", object.arches, (list) => strings(list, "arches")),
    ...optional("minKernel", object.minKernel, (version) => {
      if (typeof version !== "string" || !/^\d{1,3}\.\d{1,3}$/.test(version) || version === "0.0") {
        throw broken(`invalid kernel version: ${JSON.stringify(version)}, expected "<kernel>.<major>"`);
      }
      return version;
    }),
  };
}

function architecture(value: unknown): { architecture: string; subArchitectures: string[] } {
  const object = record(value, "an archMap entry");
  if (typeof object.architecture !== "string") throw broken("an archMap entry has no architecture");
  const subs = object.subArchitectures;
  return {
    architecture: object.architecture,
    subArchitectures: subs === undefined || subs === null ? [] : strings(subs, "subArchitectures"),
  };
}

function action(value: unknown): string {
  if (typeof value !== "string" || !ACTIONS.test(value)) throw broken(`${JSON.stringify(value)} is no valid action`);
  return value;
}

function optional<Key extends string, T>(key: Key, value: unknown, read: (value: unknown) => T): { [K in Key]?: T } {
  return value === undefined || value === null ? {} : ({ [key]: read(value) } as { [K in Key]?: T });
}

function record(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw broken(`${what} is no object`);
  return Object.fromEntries(Object.entries(value));
}

function array(value: unknown, what: string): readonly unknown[] {
  if (!Array.isArray(value)) throw broken(`${what} is no list`);
  return value;
}

function strings(value: unknown, what: string): string[] {
  return array(value, what).map((item) => {
    if (typeof item !== "string") throw broken(`${what} holds something that is no text`);
    return item;
  });
}

function integer(value: unknown, what: string): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) throw broken(`${what} is no number`);
  return value;
}

function broken(why: string, cause?: unknown): Error {
  return fail("invalid", `Decoding seccomp profile failed: ${why}`, cause);
}
