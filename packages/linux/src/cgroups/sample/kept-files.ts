import type { CgroupFiles, KeptFile } from "../cgroup-files.ts";

/** Files that stay open between reads: an open costs more than a read. */
export class KeptFiles {
  readonly #files: Pick<CgroupFiles, "keep" | "read">;
  readonly #max: number;
  #open = 0;

  /** @param max how many may be open at once; what comes on top is opened for each read */
  constructor(files: Pick<CgroupFiles, "keep" | "read">, max: number) {
    this.#files = files;
    this.#max = max;
  }

  /** A file by its path, opened with the first read. */
  file(path: string): KeptFile {
    let kept: KeptFile | null = null;
    return {
      read: () => {
        if (kept === null && this.#open < this.#max) {
          kept = this.#files.keep(path);
          if (kept === null) return null;
          this.#open++;
        }
        return kept === null ? this.#files.read(path) : kept.read();
      },
      close: () => {
        if (kept === null) return;
        kept.close();
        kept = null;
        this.#open--;
      },
    };
  }
}
