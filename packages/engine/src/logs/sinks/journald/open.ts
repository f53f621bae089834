import { isErrno, type Kernel } from "@berth/linux";
import type { OpenSink } from "../../forward/entry.ts";
import { retryWhileFull } from "../syslog/datagram.ts";
import { encodeFields, entryFields } from "./message.ts";

const socketPath = "/run/systemd/journal/socket";

/** What the sink may use of the kernel. */
export type JournalKernel = Pick<Kernel, "unixConnect" | "write" | "close" | "sealedMemory" | "sendFdAlone">;

/** Opens the journal of this machine; `fields` stand in every entry. */
export function journaldOpener(options: { readonly fields: Readonly<Record<string, string>>; readonly kernel: JournalKernel }): OpenSink {
  const { kernel, fields } = options;
  return async ({ epoch }) => {
    const common = encodeFields({ ...fields, CONTAINER_LOG_EPOCH: epoch });
    const fd = kernel.unixConnect(socketPath, "datagram");
    return {
      skip: 0,
      sink: {
        send: async (entries, signal) => {
          for (const [index, entry] of entries.entries()) {
            const message = Buffer.concat([common, entryFields(entry)]);
            await retryWhileFull(() => sendOne(kernel, fd, message), { taken: index, signal });
          }
        },
        close: () => kernel.close(fd),
      },
    };
  };
}

/** One entry; what does not fit into a datagram goes by a sealed file in memory. */
function sendOne(kernel: JournalKernel, fd: number, message: Uint8Array): void {
  try {
    kernel.write(fd, message);
    return;
  } catch (error) {
    if (!isErrno(error, "EMSGSIZE")) throw error;
  }
  const memory = kernel.sealedMemory("journal entry", message);
  try {
    kernel.sendFdAlone(fd, memory);
  } finally {
    kernel.close(memory);
  }
}
