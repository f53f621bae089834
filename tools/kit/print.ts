/** `0.4 s`, `12 s`, `3 min 20 s`. */
export function seconds(durationMs: number): string {
  if (durationMs < 9_950) return `${(durationMs / 1000).toFixed(1)} s`;
  const whole = Math.round(durationMs / 1000);
  return whole < 120 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** Writes the beginning of a line that {@link endLine} completes, so that it can be seen what is under way. */
export function beginLine(title: string): void {
  process.stdout.write(`  ${title.padEnd(46)}`);
}

/** Completes the line that {@link beginLine} began. */
export function endLine(result: string): void {
  process.stdout.write(`${result}\n`);
}

/**
 * Lines of what runs side by side: each is written when its part has ended. On a terminal the last line says meanwhile what
 * is under way.
 */
export class ProgressLines {
  readonly #running = new Set<string>();

  begin(title: string): void {
    this.#running.add(title);
    this.#draw();
  }

  end(title: string, result: string): void {
    this.#running.delete(title);
    this.#clear();
    line(`  ${title.padEnd(46)}${result}`);
    this.#draw();
  }

  #draw(): void {
    if (!process.stdout.isTTY || this.#running.size === 0) return;
    this.#clear();
    process.stdout.write(`  ... ${[...this.#running].join(", ")}`.slice(0, process.stdout.columns - 1));
  }

  #clear(): void {
    if (process.stdout.isTTY) process.stdout.write("\r\x1b[K");
  }
}

/** Writes one line. */
export function line(text = ""): void {
  process.stdout.write(`${text}\n`);
}
