import { StatusError } from "../status.ts";

/** CTRL-P CTRL-Q. */
const defaultKeys: readonly number[] = [16, 17];

const controls = "@abcdefghijklmnopqrstuvwxyz[\\]^_";

/**
 * Reads `ctrl-p,ctrl-q` or `a,b`: single characters and `ctrl-` with a letter or one of `@[\]^_`.
 * @throws naming the keys that are none
 */
export function parseDetachKeys(text: string): readonly number[] {
  if (text === "") return defaultKeys;
  return text.split(",").map((key) => {
    if (key.length === 1) return key.charCodeAt(0);
    const code = key.startsWith("ctrl-") && key.length === 6 ? controls.indexOf(key.charAt(5)) : -1;
    if (code === -1) throw new StatusError(1, `invalid detach keys (${text}): Unknown character: '${key}'`);
    return code;
  });
}

/** Looks for the keys in what is typed. A beginning of them is held back until it is known what follows. */
export class DetachFilter {
  readonly #keys: readonly number[];
  #matched = 0;

  constructor(keys: readonly number[]) {
    this.#keys = keys;
  }

  /** What may pass, and whether all keys were typed one after the other. */
  push(typed: Uint8Array): { pass: Uint8Array; detached: boolean } {
    const pass: number[] = [];
    for (const byte of typed) {
      if (byte === this.#keys[this.#matched]) {
        this.#matched++;
        if (this.#matched === this.#keys.length) return { pass: Uint8Array.from(pass), detached: true };
        continue;
      }
      if (this.#matched > 0) pass.push(...this.#keys.slice(0, this.#matched));
      this.#matched = 0;
      if (byte === this.#keys[0]) this.#matched = 1;
      else pass.push(byte);
    }
    return { pass: Uint8Array.from(pass), detached: false };
  }
}
