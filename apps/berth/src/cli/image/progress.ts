import type { ProgressMessage } from "@berth/spec";
import type { Output } from "../context/output.ts";

/**
 * Writes what an operation tells while it runs. Lines that belong to one layer are written over one another on a
 * terminal; elsewhere only their beginnings and ends are written.
 * @throws the error that the stream ends with
 */
export async function showProgress(messages: AsyncIterable<ProgressMessage>, output: Output): Promise<void> {
  const lines: string[] = [];
  for await (const message of messages) {
    const failed = message.errorDetail?.message ?? message.error;
    if (failed !== undefined) throw new Error(failed);
    if (message.stream !== undefined) await output.write(message.stream);
    else if (message.id !== undefined && message.id !== "" && output.isTerminal) await overwrite({ lines, message, output });
    else if (message.status !== undefined && !isMeter(message)) {
      await output.write(`${message.id ? `${message.id}: ` : ""}${message.status}\n`);
    }
  }
}

async function overwrite({ lines, message, output }: { lines: string[]; message: ProgressMessage; output: Output }): Promise<void> {
  const id = message.id ?? "";
  const known = lines.indexOf(id);
  if (known === -1) {
    lines.push(id);
    await output.write("\n");
  }
  const up = lines.length - (known === -1 ? lines.length - 1 : known);
  const meter = message.progress === undefined ? "" : ` ${message.progress}`;
  await output.write(`\x1b[${up}A\x1b[2K\r${id}: ${message.status ?? ""}${meter}\x1b[${up}B\r`);
}

function isMeter(message: ProgressMessage): boolean {
  return message.progress !== undefined || message.progressDetail?.current !== undefined;
}
