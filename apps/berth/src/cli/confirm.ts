import { fail } from "@berth/base";
import type { Context } from "./command.ts";

const answerMax = 1024;

/**
 * Asks before something that cannot be undone, and reads one line from the standard input.
 * @param operation what the message names when the user does not agree, e.g. `container prune`
 * @throws cancelled when the answer is anything but yes; no answer is no
 */
export async function confirm(
  context: Pick<Context, "stdout">,
  options: { readonly warning: string; readonly operation: string },
): Promise<void> {
  await context.stdout.write(`WARNING! ${options.warning}\nAre you sure you want to continue? [y/N] `);
  const answer = (await readAnswer()).trim().toLowerCase();
  if (answer !== "y" && answer !== "yes") throw fail("cancelled", `${options.operation} has been cancelled`);
}

async function readAnswer(): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of Bun.stdin.stream()) {
    text += decoder.decode(chunk, { stream: true });
    if (text.includes("\n") || text.length > answerMax) break;
  }
  return text.split("\n", 1)[0] ?? "";
}
