import { fail } from "@berth/base";

const named = "@abcdefghijklmnopqrstuvwxyz[\\]^_";
const defaultKeys: readonly number[] = [16, 17];

/**
 * Bytes of a detach sequence in Docker's form (`ctrl-p,ctrl-q`, `ctrl-\`, `a,b`); nothing said is CTRL-P CTRL-Q.
 * Throws invalid with Docker's words.
 */
export function parseDetachKeys(text: string | null): readonly number[] {
  if (text === null || text === "") return defaultKeys;
  return text.split(",").map((key) => {
    if (Buffer.byteLength(key) === 1) return key.charCodeAt(0);
    const code = key.startsWith("ctrl-") && key.length === 6 ? named.indexOf(key.slice(5)) : -1;
    if (code < 0) throw fail("invalid", `Invalid detach keys (${text}) provided`);
    return code;
  });
}

/** Looks for the detach sequence in what is typed. Bytes that may begin it are held back until it is clear. */
export class DetachScanner {
  readonly #keys: readonly number[];
  #held = 0;

  constructor(keys: readonly number[]) {
    this.#keys = keys;
  }

  /** What to pass on of `bytes`, and whether the sequence is complete. */
  feed(bytes: Uint8Array): { readonly pass: Uint8Array; readonly detached: boolean } {
    const pass: number[] = [];
    for (const byte of bytes) {
      // A broken match: what was held was meant for the program. The byte itself may begin anew.
      if (byte !== this.#keys[this.#held] && this.#held > 0) {
        pass.push(...this.#keys.slice(0, this.#held));
        this.#held = 0;
      }
      if (byte !== this.#keys[this.#held]) {
        pass.push(byte);
        continue;
      }
      this.#held++;
      if (this.#held === this.#keys.length) return { pass: Uint8Array.from(pass), detached: true };
    }
    return { pass: Uint8Array.from(pass), detached: false };
  }
}
