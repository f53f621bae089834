/** A program on a pseudo-terminal, driven as a person would drive it. */
export interface PtyProgram {
  /** Everything it has written so far. */
  output(): string;
  /** Types text; control keys by their character (`\x10` is CTRL-P). */
  type(text: string): void;
  /** Waits until something new (since the last wait) contains `text` or matches it; what was new until then. */
  expect(text: string | RegExp, timeoutMs?: number): Promise<string>;
  resize(columns: number, rows: number): void;
  readonly exited: Promise<number>;
  kill(): void;
}

/** Starts `command` on a terminal of 80 columns and 24 rows. */
export function openPty(command: readonly string[], env: Readonly<Record<string, string>> = {}): PtyProgram {
  let text = "";
  let seen = 0;
  const watchers = new Set<() => void>();
  const decoder = new TextDecoder();
  const child = Bun.spawn([...command], {
    env: { ...process.env, TERM: "xterm", ...env },
    terminal: {
      cols: 80,
      rows: 24,
      data: (_terminal, bytes) => {
        text += decoder.decode(bytes, { stream: true });
        for (const watcher of watchers) watcher();
      },
    },
  });
  const terminal = child.terminal;
  if (terminal === undefined) throw new Error("no terminal for the program");
  return {
    output: () => text,
    type: (input) => {
      terminal.write(input);
    },
    expect: (wanted, timeoutMs = 15_000) =>
      new Promise((resolve, reject) => {
        const check = (): void => {
          const fresh = text.slice(seen);
          const found = typeof wanted === "string" ? { index: fresh.indexOf(wanted), length: wanted.length } : match(wanted, fresh);
          if (found.index < 0) return;
          clearTimeout(timer);
          watchers.delete(check);
          seen += found.index + found.length;
          resolve(fresh.slice(0, found.index + found.length));
        };
        const timer = setTimeout(() => {
          watchers.delete(check);
          reject(new Error(`the terminal did not show ${String(wanted)} within ${timeoutMs} ms, but ${JSON.stringify(text.slice(seen))}`));
        }, timeoutMs);
        watchers.add(check);
        check();
      }),
    resize: (columns, rows) => {
      terminal.resize(columns, rows);
    },
    exited: child.exited,
    kill: () => {
      child.kill("SIGKILL");
    },
  };
}

function match(pattern: RegExp, text: string): { index: number; length: number } {
  const found = pattern.exec(text);
  return found === null ? { index: -1, length: 0 } : { index: found.index, length: found[0].length };
}
