import { renameSync, writeFileSync } from "node:fs";

/** Writes a small file so that nobody ever sees half of it. The exec root does not outlive the boot: nothing is synced. */
export function writeAtomically(path: string, text: string): void {
  const temporary = `${path}.tmp`;
  writeFileSync(temporary, text, { mode: 0o600 });
  renameSync(temporary, path);
}
