/** Colours that can be told apart and read on dark and light ground, of the 256 that terminals have. */
const colours = [33, 208, 35, 170, 37, 178, 69, 203, 107, 141, 44, 172, 99, 71, 205, 39, 136, 63, 167, 79];
const widestName = 30;

/** What stands before each line of a log: the name of its container, on a terminal in a colour of its own and all as wide as the widest so far. */
export class Prefixes {
  readonly #colour: boolean;
  readonly #pads: boolean;
  readonly #numbers = new Map<string, number>();
  #width = 0;

  constructor(options: { readonly terminal: boolean; readonly colour: boolean }) {
    this.#pads = options.terminal;
    this.#colour = options.colour;
  }

  /** Makes room for a name, and gives it the next colour. */
  introduce(name: string): void {
    if (this.#numbers.has(name)) return;
    this.#numbers.set(name, this.#numbers.size);
    this.#width = Math.max(this.#width, Math.min(widestName, name.length));
  }

  of(name: string): string {
    this.introduce(name);
    const shown = `${this.#pads ? name.padEnd(this.#width) : name} | `;
    const colour = colours[(this.#numbers.get(name) ?? 0) % colours.length] ?? 0;
    return this.#colour ? `\x1b[38;5;${colour}m${shown}\x1b[0m` : shown;
  }
}
