/** A test of Berth's own that shows what the comparison with dockerd 20.10 cannot. */
export interface OwnTest {
  readonly file: string;
  /** As the file has it. */
  readonly name: string;
  /** Commands, and `command --flag`. */
  readonly items: readonly string[];
}

/** Flags of docker CLIs since 20.10, and what needs a kernel or a program that the comparison does not have. */
export const ownTests: readonly OwnTest[] = [];

/** Commands of docker that are none of an engine's matters, and what the page says of them. */
export const clientOnly: readonly { readonly commands: RegExp; readonly words: string }[] = [
  { commands: /^trust /, words: "docker's CLI alone, with a notary server; it asks no engine but for a push" },
  { commands: /^manifest /, words: "docker's CLI alone, with a registry; it asks no engine" },
];
