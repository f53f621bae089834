import type { Database, Migration } from "@berth/store";

/** Schema of the image store. */
export const imageMigrations: readonly Migration[] = [
  {
    name: "images-001-first",
    sql: `
      CREATE TABLE images (
        id TEXT PRIMARY KEY,
        config TEXT NOT NULL,
        manifest_digest TEXT NOT NULL,
        manifest_type TEXT NOT NULL,
        manifest_bytes INTEGER NOT NULL,
        tagged_ms INTEGER,
        removed INTEGER NOT NULL DEFAULT 0
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE image_blobs (
        image_id TEXT NOT NULL,
        digest TEXT NOT NULL,
        PRIMARY KEY (image_id, digest)
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX image_blobs_digest ON image_blobs (digest);
      CREATE TABLE image_layers (
        image_id TEXT NOT NULL,
        position INTEGER NOT NULL,
        diff_id TEXT NOT NULL,
        blob TEXT NOT NULL,
        PRIMARY KEY (image_id, position)
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX image_layers_diff_id ON image_layers (diff_id);
      CREATE TABLE layers (
        diff_id TEXT PRIMARY KEY,
        directory TEXT NOT NULL UNIQUE,
        size_bytes INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE image_names (
        name TEXT PRIMARY KEY,
        image_id TEXT NOT NULL
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX image_names_image_id ON image_names (image_id);
      CREATE TABLE image_holds (
        image_id TEXT NOT NULL,
        holder TEXT NOT NULL,
        PRIMARY KEY (image_id, holder)
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE layer_counter (one INTEGER PRIMARY KEY CHECK (one = 1), last INTEGER NOT NULL) STRICT;
      INSERT INTO layer_counter VALUES (1, 0);`,
  },
  {
    name: "images-002-parent",
    sql: "ALTER TABLE images ADD COLUMN parent_id TEXT NOT NULL DEFAULT '';",
  },
];

/** A row of an image. */
export type ImageRow = {
  readonly id: string;
  /** The config blob's text. */
  readonly config: string;
  readonly manifest_digest: string;
  readonly manifest_type: string;
  readonly manifest_bytes: number;
  /** When it was last tagged, milliseconds since the epoch. */
  readonly tagged_ms: number | null;
  /** The image it was made from here; empty for one that came whole. */
  readonly parent_id: string;
};

/** A layer of an image, lowest first. */
export type ImageLayerRow = {
  readonly diff_id: string;
  readonly blob: string;
  readonly directory: string;
  readonly size_bytes: number;
};

/** What a loaded image is made of. */
export interface NewImage {
  readonly id: string;
  readonly config: string;
  readonly manifestDigest: string;
  readonly manifestType: string;
  readonly manifestBytes: number;
  readonly parentId: string;
  /** Lowest first. */
  readonly layers: readonly { readonly diffId: string; readonly blob: string }[];
}

/** How the holders of operations begin that do not outlive the process (`save`). */
export const transientHolder = "transient:";

const imageColumns = "id, config, manifest_digest, manifest_type, manifest_bytes, tagged_ms, parent_id";

/** All that is asked of the database about images. A held image whose last name went is `removed`: it is kept, but nobody finds it. */
export class ImageRows {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
    database.migrate(imageMigrations);
  }

  transaction<T>(body: () => T): T {
    return this.#database.transaction(body);
  }

  image(id: string): ImageRow | null {
    return this.#database.get<ImageRow>(`SELECT ${imageColumns} FROM images WHERE id = ? AND removed = 0`, id);
  }

  /** Also finds what is removed and only held. */
  heldImage(id: string): ImageRow | null {
    return this.#database.get<ImageRow>(`SELECT ${imageColumns} FROM images WHERE id = ?`, id);
  }

  /** Up to two ids that begin with a prefix (`sha256:` and hexadecimal digits). */
  idsByPrefix(prefix: string): string[] {
    const last = `${prefix}g`;
    return this.#database
      .all<{ id: string }>("SELECT id FROM images WHERE id >= ? AND id < ? AND removed = 0 LIMIT 2", prefix, last)
      .map(({ id }) => id);
  }

  images(): ImageRow[] {
    return this.#database.all<ImageRow>(`SELECT ${imageColumns} FROM images WHERE removed = 0 ORDER BY id`);
  }

  /** Layers, lowest first. */
  layers(id: string): ImageLayerRow[] {
    return this.#database.all<ImageLayerRow>(
      `SELECT image_layers.diff_id, blob, directory, size_bytes FROM image_layers
        JOIN layers ON layers.diff_id = image_layers.diff_id WHERE image_id = ? ORDER BY position`,
      id,
    );
  }

  /** How many images that can be found have a layer. */
  layerUse(): Map<string, number> {
    const rows = this.#database.all<{ diff_id: string; used: number }>(
      `SELECT diff_id, COUNT(DISTINCT image_id) AS used FROM image_layers
        JOIN images ON images.id = image_id WHERE removed = 0 GROUP BY diff_id`,
    );
    return new Map(rows.map(({ diff_id, used }) => [diff_id, used]));
  }

  layerDirectory(diffId: string): string | null {
    return this.#database.get<{ directory: string }>("SELECT directory FROM layers WHERE diff_id = ?", diffId)?.directory ?? null;
  }

  /** Whether a blob is known to hold a layer's tar. */
  isBlobOf(diffId: string, blob: string): boolean {
    return this.#database.get("SELECT 1 AS one FROM image_layers WHERE diff_id = ? AND blob = ? LIMIT 1", diffId, blob) !== null;
  }

  hasBlob(digest: string): boolean {
    return this.#database.get("SELECT 1 AS one FROM image_blobs WHERE digest = ? LIMIT 1", digest) !== null;
  }

  blobs(): Set<string> {
    return new Set(this.#database.all<{ digest: string }>("SELECT DISTINCT digest FROM image_blobs").map(({ digest }) => digest));
  }

  layerDirectories(): Set<string> {
    return new Set(this.#database.all<{ directory: string }>("SELECT directory FROM layers").map(({ directory }) => directory));
  }

  /** A short name that no layer ever had. */
  nextLayerDirectory(): string {
    const row = this.#database.get<{ last: number }>("UPDATE layer_counter SET last = last + 1 RETURNING last");
    return (row?.last ?? 0).toString(36);
  }

  addLayer(layer: { readonly diffId: string; readonly directory: string; readonly sizeBytes: number }): void {
    this.#database.run(
      "INSERT INTO layers (diff_id, directory, size_bytes) VALUES (?, ?, ?)",
      layer.diffId,
      layer.directory,
      layer.sizeBytes,
    );
  }

  /** Adds an image; one that was there (or removed and held) stays as it is and can be found again. */
  addImage(image: NewImage): void {
    if (this.#database.run("UPDATE images SET removed = 0 WHERE id = ?", image.id) > 0) return;
    this.#database.run(
      "INSERT INTO images (id, config, manifest_digest, manifest_type, manifest_bytes, parent_id) VALUES (?, ?, ?, ?, ?, ?)",
      image.id,
      image.config,
      image.manifestDigest,
      image.manifestType,
      image.manifestBytes,
      image.parentId,
    );
    for (const digest of new Set([image.id, image.manifestDigest, ...image.layers.map(({ blob }) => blob)])) {
      this.#database.run("INSERT INTO image_blobs (image_id, digest) VALUES (?, ?)", image.id, digest);
    }
    for (const [position, { diffId, blob }] of image.layers.entries()) {
      this.#database.run(
        "INSERT INTO image_layers (image_id, position, diff_id, blob) VALUES (?, ?, ?, ?)",
        image.id,
        position,
        diffId,
        blob,
      );
    }
  }

  /** Removes an image; while somebody holds it, it only becomes impossible to find. */
  removeImage(id: string): void {
    this.#database.run("DELETE FROM image_names WHERE image_id = ?", id);
    if (this.#database.get("SELECT 1 AS one FROM image_holds WHERE image_id = ? LIMIT 1", id) !== null) {
      this.#database.run("UPDATE images SET removed = 1 WHERE id = ?", id);
      return;
    }
    this.#database.run("DELETE FROM image_blobs WHERE image_id = ?", id);
    this.#database.run("DELETE FROM image_layers WHERE image_id = ?", id);
    this.#database.run("DELETE FROM images WHERE id = ?", id);
  }

  /** Removes the rows of layers that no image has any more, except those that are `kept`; gives their directories. */
  dropUnusedLayers(kept: (diffId: string) => boolean): string[] {
    const unused = this.#database.all<{ diff_id: string; directory: string }>(
      "SELECT diff_id, directory FROM layers WHERE NOT EXISTS (SELECT 1 FROM image_layers WHERE image_layers.diff_id = layers.diff_id)",
    );
    const dropped = unused.filter(({ diff_id }) => !kept(diff_id));
    for (const { diff_id } of dropped) this.#database.run("DELETE FROM layers WHERE diff_id = ?", diff_id);
    return dropped.map(({ directory }) => directory);
  }

  nameTarget(name: string): string | null {
    return this.#database.get<{ image_id: string }>("SELECT image_id FROM image_names WHERE name = ?", name)?.image_id ?? null;
  }

  /** Full names of an image, sorted. */
  names(id: string): string[] {
    return this.#database
      .all<{ name: string }>("SELECT name FROM image_names WHERE image_id = ? ORDER BY name", id)
      .map(({ name }) => name);
  }

  /** Every name with the image it stands for. */
  allNames(): { readonly name: string; readonly image_id: string }[] {
    return this.#database.all<{ name: string; image_id: string }>("SELECT name, image_id FROM image_names ORDER BY name");
  }

  setName(name: string, id: string, atMs: number): void {
    this.#database.run(
      "INSERT INTO image_names (name, image_id) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET image_id = excluded.image_id",
      name,
      id,
    );
    this.#database.run("UPDATE images SET tagged_ms = ? WHERE id = ?", atMs, id);
  }

  removeName(name: string): void {
    this.#database.run("DELETE FROM image_names WHERE name = ?", name);
  }

  /** Ends the holds of operations that a crash interrupted; their holders begin with {@link transientHolder}. */
  dropTransientHolds(): void {
    this.#dropHolds((holder) => holder.startsWith(transientHolder));
  }

  /** Ends the holds of all holders but these. True when an image's files can go with one of them. */
  keepHolds(holders: ReadonlySet<string>): boolean {
    return this.#dropHolds((holder) => !holders.has(holder));
  }

  #dropHolds(ended: (holder: string) => boolean): boolean {
    let files = false;
    for (const { image_id, holder } of this.#database.all<{ image_id: string; holder: string }>("SELECT image_id, holder FROM image_holds"))
      if (ended(holder)) files = this.release(image_id, holder) || files;
    return files;
  }

  hold(id: string, holder: string): void {
    this.#database.run("INSERT OR IGNORE INTO image_holds (image_id, holder) VALUES (?, ?)", id, holder);
  }

  /** Ends a hold. True when the image was removed meanwhile and nobody holds it any more, so that its files can go. */
  release(id: string, holder: string): boolean {
    this.#database.run("DELETE FROM image_holds WHERE image_id = ? AND holder = ?", id, holder);
    const gone = this.#database.get(
      "SELECT 1 AS one FROM images WHERE id = ? AND removed = 1 AND NOT EXISTS (SELECT 1 FROM image_holds WHERE image_id = images.id)",
      id,
    );
    if (gone === null) return false;
    this.removeImage(id);
    return true;
  }
}
