const keptMs = 1000;
const keptBytes = 256 * 1024;

/**
 * What was written to a connection within the last second: when it breaks, its receiver may never have read it. Nothing
 * acknowledges a syslog message, so these are sent again; some may come twice.
 */
export class RecentMessages {
  #kept: { readonly bytes: Uint8Array; readonly atMs: number }[] = [];
  #bytes = 0;

  add(bytes: Uint8Array): void {
    this.#kept.push({ bytes, atMs: performance.now() });
    this.#bytes += bytes.length;
    this.#trim(performance.now());
  }

  /** What may not have come through a connection that broke at a time. */
  of(brokenMs: number): Uint8Array[] {
    this.#trim(brokenMs);
    return this.#kept.map(({ bytes }) => bytes);
  }

  #trim(nowMs: number): void {
    while (this.#kept.length > 0) {
      const [oldest] = this.#kept;
      if (oldest === undefined || (this.#bytes <= keptBytes && nowMs - oldest.atMs <= keptMs)) return;
      this.#kept.shift();
      this.#bytes -= oldest.bytes.length;
    }
  }
}
