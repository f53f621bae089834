import type { Output } from "../context/output.ts";

const attempts = 10;

/**
 * Tells a container's terminal our size, now and whenever it changes, until the returned function is called. The
 * process may not be quite there yet when the first size is sent, so that one is repeated.
 */
export function followSize(stdout: Output, resize: (size: { rows: number; columns: number }) => Promise<void>): () => void {
  let active = true;
  async function sendFirst(): Promise<void> {
    for (let attempt = 1; active && attempt <= attempts; attempt++) {
      const size = stdout.size();
      if (size === undefined || size.rows === 0 || size.columns === 0) return;
      try {
        return await resize(size);
      } catch {
        await Bun.sleep(attempt * 10);
      }
    }
  }
  const onChange = (): void => {
    const size = stdout.size();
    if (size !== undefined) resize(size).catch(() => undefined);
  };
  process.on("SIGWINCH", onChange);
  void sendFirst();
  return () => {
    active = false;
    process.off("SIGWINCH", onChange);
  };
}
