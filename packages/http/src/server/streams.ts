/** How long a stream that was told to end may take to write its last bytes. */
const lastBytesMs = 20;

/** The answers of a server that go on until somebody ends them: streams that follow something, connections that were taken over. */
export interface OpenStreams {
  /**
   * Notes an answer.
   * @param stream.end tells its handler to end it; `cut` closes the connection
   */
  add(stream: { readonly end: () => void; readonly cut: () => void; readonly onClose: (done: () => void) => void }): void;
  /** Ends all that are open and all that are opened from now on. Their connections are closed shortly after. */
  end(): void;
}

/** Makes the list of one server. */
export function openStreams(): OpenStreams {
  const open = new Set<() => void>();
  let ending = false;
  return {
    add({ end, cut, onClose }) {
      const stop = (): void => {
        end();
        // Also when the answer ended cleanly: a kept connection would be one more to wait for.
        setTimeout(cut, lastBytesMs);
      };
      if (ending) {
        // The handler has to get its stream before it can end it.
        queueMicrotask(stop);
        return;
      }
      open.add(stop);
      onClose(() => open.delete(stop));
    },
    end() {
      ending = true;
      for (const stop of open) stop();
      open.clear();
    },
  };
}
