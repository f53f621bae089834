import { type TarEntry, TarReader, type TarSink, formatTarEntry, tarEnd, tarPadding } from "@berth/spec";
import { withoutCredentials } from "./sources.ts";

/** Files that belong to the machine or the making, not to the image. Directories of these names stay. */
const left =
  /^(?:dev\/.*|etc\/(?:resolv\.conf|hostname)|etc\/apt\/auth\.conf(?:\.d\/.*)?|var\/log\/.*\.log|var\/log\/apt\/.*|var\/cache\/apt\/.*|var\/lib\/apt\/lists\/.*|run\/.*|tmp\/.*)$/;
/** Files in which the mirror's address stands. */
const addressed = /^etc\/apt\/(?:sources\.list|sources\.list\.d\/[^/]+)$/;

/**
 * Passes a root file system's tar on without device nodes, without what the making left behind, and with the mirror's
 * user and password taken out of APT's sources.
 */
export async function* cleanRootFilesystem(archive: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const out: Uint8Array[] = [];
  const reader = new TarReader(cleaner(out));
  for await (const piece of archive) {
    reader.push(piece);
    yield* out.splice(0);
  }
  reader.finish();
  yield tarEnd();
}

function cleaner(out: Uint8Array[]): TarSink {
  let entry: TarEntry | null = null;
  let held: Uint8Array[] | null = null;
  return {
    entry(next) {
      const path = next.name.replace(/^(?:\.?\/)+/, "").replace(/\/$/, "");
      const device = next.type === "char" || next.type === "block";
      const dropped = device || (next.type !== "directory" && left.test(path)) || /^debootstrap(?:\/|$)/.test(path);
      entry = dropped ? null : next;
      held = !dropped && next.type === "file" && addressed.test(path) ? [] : null;
      if (entry !== null && held === null) out.push(formatTarEntry(entry));
    },
    data(bytes) {
      // Views of the reader's input are only good during the call.
      if (held !== null) held.push(Buffer.from(bytes));
      else if (entry !== null) out.push(Buffer.from(bytes));
    },
    end() {
      if (entry === null) return;
      if (held !== null) {
        const content = Buffer.from(withoutCredentials(Buffer.concat(held).toString("utf8")));
        out.push(formatTarEntry({ ...entry, sizeBytes: content.length }), content, tarPadding(content.length));
      } else out.push(tarPadding(entry.sizeBytes));
    },
  };
}
