import type { RunResult } from "../harness/sandbox.ts";

/** What a server answers; asked again while it does not listen, as one that takes a single connection at a time does between two. */
export async function asked(ask: () => Promise<RunResult>): Promise<string> {
  for (let times = 1; times < 20; times += 1) {
    const { stdout } = await ask();
    if (stdout !== "") return stdout;
    await Bun.sleep(100);
  }
  return "";
}
