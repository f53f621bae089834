import type { ValueKind } from "../args/flag.ts";
import type { Command } from "../command.ts";

/** What may stand at one place of a command line, and whether it may be repeated. */
interface Slot {
  readonly kinds: readonly ValueKind[];
  readonly repeats: boolean;
}

const kindsByWord: Readonly<Record<string, readonly ValueKind[]>> = {
  CONTAINER: ["container"],
  IMAGE: ["image"],
  SOURCE_IMAGE: ["image"],
  TARGET_IMAGE: ["image"],
  REPOSITORY: ["image"],
  NETWORK: ["network"],
  VOLUME: ["volume"],
  CONTEXT: ["context"],
  FILE: ["file"],
  file: ["file"],
  NAME: ["container", "image", "network", "volume"],
  // Of cp: a file here, or one in a container.
  SOURCE: ["file", "container-path"],
  TARGET: ["file", "container-path"],
};

/** What a command's usage, such as `[OPTIONS] CONTAINER COMMAND [ARG...]`, wants at the argument of this index. */
export function kindsAt(command: Pick<Command, "usage" | "offers">, index: number): readonly ValueKind[] {
  const slots = slotsOf(command.usage);
  const last = slots.at(-1);
  const slot = slots[index] ?? (last?.repeats === true ? last : undefined);
  return (slot?.kinds ?? []).map((kind) => (kind === "container" ? (command.offers ?? kind) : kind));
}

function slotsOf(usage: string): Slot[] {
  const words = usage
    .replace("[OPTIONS]", "")
    .replace(/ \(.*\)$/, "")
    .trim()
    .split(/\s+/);
  return words.filter((word) => word !== "").map((word) => ({ kinds: kindsOf(word), repeats: word.includes("...") }));
}

function kindsOf(text: string): readonly ValueKind[] {
  const bare = text
    .replace(/^\[+/, "")
    .replace(/(\.\.\.)?\]*$/, "")
    .replace(/\[.*$/, "");
  const options = bare.split("|");
  const literal = options.filter((option) => /^[a-z]{2,}$/.test(option) && kindsByWord[option] === undefined);
  const named = options.flatMap((option) => kindsByWord[option] ?? []);
  return literal.length > 0 ? [literal, ...named] : named;
}
