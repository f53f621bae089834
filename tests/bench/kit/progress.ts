/** Says on stderr what is under way: on a terminal in one line that changes, elsewhere a line now and then. */
export class Progress {
  readonly #quiet: boolean;
  #title = "";
  #began = 0;
  #saidAt = 0;

  constructor(quiet = false) {
    this.#quiet = quiet;
  }

  /** A measurement begins; `about` says what it is. */
  begin(title: string, about: string): void {
    this.#title = title;
    this.#began = performance.now();
    this.#saidAt = performance.now();
    if (this.#quiet) return;
    process.stderr.write(process.stderr.isTTY ? `${title} ...` : `${title}: ${about}\n`);
  }

  /** How far it is, e.g. `round 3 of 12`. */
  step(text: string): void {
    if (this.#quiet) return;
    if (process.stderr.isTTY) {
      process.stderr.write(`\r\x1b[K${`${this.#title} ... ${text}`.slice(0, (process.stderr.columns || 80) - 1)}`);
    } else if (performance.now() - this.#saidAt > 5000) {
      this.#saidAt = performance.now();
      process.stderr.write(`  ${text}\n`);
    }
  }

  /** It has ended. */
  end(): void {
    if (this.#quiet) return;
    const took = `${((performance.now() - this.#began) / 1000).toFixed(1)} s`;
    process.stderr.write(process.stderr.isTTY ? `\r\x1b[K${this.#title}: ${took}\n` : `  ${took}\n`);
  }
}
