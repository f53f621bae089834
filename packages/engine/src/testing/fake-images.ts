import { fail } from "@berth/base";
import type { CommitOptions, CommittedImage, ImageRecord, ImageStore } from "@berth/images";
import type { ImageExecutionConfig } from "@berth/spec";
import { Readable } from "node:stream";

const imageId = `sha256:${"1".repeat(64)}`;

/** An image store with one image, `busybox`, whose only layer is a given folder. */
export class FakeImages implements ImageStore {
  /** Holders by image id. */
  readonly holders: Map<string, Set<string>> = new Map();
  /** What was committed, with its layers' tars. */
  readonly committed: { readonly options: CommitOptions; readonly tar: Buffer }[] = [];
  readonly #layer: string;
  readonly #config: ImageExecutionConfig;

  constructor(options: { readonly layer: string; readonly config?: ImageExecutionConfig }) {
    this.#layer = options.layer;
    this.#config = options.config ?? {};
  }

  resolve(reference: string): ImageRecord {
    if (!["busybox", "busybox:latest", imageId].includes(reference)) {
      throw fail("not-found", `No such image: ${reference.includes(":") ? reference : `${reference}:latest`}`);
    }
    return {
      id: imageId,
      manifestDigest: `sha256:${"2".repeat(64)}`,
      config: {
        architecture: process.arch === "arm64" ? "arm64" : "amd64",
        os: "linux",
        config: this.#config,
        rootfs: { type: "layers", diff_ids: [] },
      },
    };
  }

  inspect(): never {
    throw fail("not-implemented", "the fake image store has no details");
  }

  list(): Promise<[]> {
    return Promise.resolve([]);
  }

  history(): [] {
    return [];
  }

  tag(): void {
    throw fail("not-implemented", "the fake image store has one image only");
  }

  remove(): Promise<[]> {
    return Promise.resolve([]);
  }

  async *load(): AsyncGenerator<never, void, undefined> {}

  save(): Promise<Readable> {
    return Promise.resolve(Readable.from([]));
  }

  async *import(): AsyncGenerator<never, void, undefined> {}

  async commit(options: CommitOptions): Promise<CommittedImage> {
    const pieces: Uint8Array[] = [];
    for await (const piece of options.archive) pieces.push(piece);
    this.committed.push({ options, tar: Buffer.concat(pieces) });
    return { id: `sha256:${"3".repeat(64)}`, name: options.repository };
  }

  layerDirectories(): readonly string[] {
    return [this.#layer];
  }

  sizeBytes(): number {
    return 1000;
  }

  hold(id: string, holder: string): void {
    const set = this.holders.get(id) ?? new Set<string>();
    this.holders.set(id, set.add(holder));
  }

  release(id: string, holder: string): void {
    this.holders.get(id)?.delete(holder);
  }

  keepHolds(holders: ReadonlySet<string>): void {
    for (const set of this.holders.values()) for (const holder of set) if (!holders.has(holder)) set.delete(holder);
  }

  recover(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
