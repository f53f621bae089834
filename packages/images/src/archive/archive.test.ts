import { expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { bzip2, xz, zstd } from "../testing/pack.ts";
import { crc32, gzipSync } from "node:zlib";
import { sha256 } from "@berth/base";
import { defaultStoreLimits } from "../limits.ts";
import { makeConfig, makeDockerArchive, makeTar, type TestEntry } from "../testing/archives.ts";
import { load, openTestStore, refusalOf } from "../testing/open-test-store.ts";

const layer = makeTar([{ name: "a", type: "file", content: "a" }]);
const config = makeConfig({ layers: [layer] });

function blob(bytes: Uint8Array): TestEntry {
  return { name: `blobs/sha256/${sha256(bytes).slice(7)}`, type: "file", content: bytes };
}

function descriptor(bytes: Uint8Array, mediaType: string, more: object = {}): object {
  return { mediaType, digest: sha256(bytes), size: bytes.length, ...more };
}

const manifestType = "application/vnd.oci.image.manifest.v1+json";
const indexType = "application/vnd.oci.image.index.v1+json";

function manifestOf(configBytes: Uint8Array, layers: readonly Uint8Array[]): Buffer {
  return Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: manifestType,
      config: descriptor(configBytes, "application/vnd.oci.image.config.v1+json"),
      layers: layers.map((bytes) => descriptor(bytes, "application/vnd.oci.image.layer.v1.tar+gzip")),
    }),
  );
}

function layout(index: object, blobs: readonly Uint8Array[]): Buffer {
  return makeTar([
    { name: "oci-layout", type: "file", content: '{"imageLayoutVersion":"1.0.0"}' },
    ...blobs.map(blob),
    { name: "index.json", type: "file", content: JSON.stringify(index) },
  ]);
}

const packed = gzipSync(layer);
const manifest = manifestOf(config, [packed]);
const named = { annotations: { "io.containerd.image.name": "docker.io/me/app:2" } };

test("loads an OCI layout, keeping its manifest", async () => {
  await using t = await openTestStore();
  const archive = layout({ schemaVersion: 2, manifests: [descriptor(manifest, manifestType, named)] }, [config, packed, manifest]);
  expect(await load(t.store, archive)).toBe("Loaded image: me/app:2\n");
  expect(t.store.inspect("me/app:2")).toMatchObject({
    Id: sha256(config),
    Descriptor: { digest: sha256(manifest), size: manifest.length },
  });
});

test("takes this machine's image out of an index", async () => {
  await using t = await openTestStore();
  const foreign = manifestOf(makeConfig({ layers: [layer], config: { architecture: "s390x" } }), [packed]);
  const attestation = Buffer.from("{}");
  const architecture = process.arch === "x64" ? "amd64" : process.arch;
  const inner = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: indexType,
      manifests: [
        descriptor(foreign, manifestType, { platform: { os: "linux", architecture: "s390x" } }),
        descriptor(attestation, manifestType, { platform: { os: "unknown", architecture: "unknown" } }),
        descriptor(manifest, manifestType, { platform: { os: "linux", architecture } }),
      ],
    }),
  );
  const archive = layout(
    { schemaVersion: 2, manifests: [descriptor(inner, indexType, { annotations: { "org.opencontainers.image.ref.name": "latest" } })] },
    [config, packed, manifest, inner],
  );
  expect(await load(t.store, archive)).toBe(`Loaded image ID: ${sha256(config)}\n`);
});

test.each([
  ["gzip", async (bytes: Buffer) => gzipSync(bytes)],
  ["zstd", zstd],
  ["bzip2", bzip2],
  ["xz", xz],
] as const)("takes %s off an archive", async (_, pack) => {
  await using t = await openTestStore();
  expect(await load(t.store, await pack(makeDockerArchive([{ layers: [layer], tags: ["a:1"] }])))).toBe("Loaded image: a:1\n");
});

test("follows the links that docker save 20.10 writes for layers it has twice", async () => {
  await using t = await openTestStore();
  const twice = makeConfig({ layers: [layer, layer] });
  const archive = makeTar([
    { name: "c.json", type: "file", content: twice },
    { name: "one/layer.tar", type: "file", content: layer },
    { name: "two/layer.tar", type: "symlink", linkName: "../one/layer.tar" },
    {
      name: "manifest.json",
      type: "file",
      content: JSON.stringify([{ Config: "c.json", RepoTags: ["a:1"], Layers: ["one/layer.tar", "two/layer.tar"] }]),
    },
  ]);
  await load(t.store, archive);
  expect(t.store.layerDirectories(sha256(twice)).length).toBe(2);
  expect(readdirSync(join(t.root, "images/layers"))).toEqual(["1"]);
});

function docker(manifestJson: unknown, files: readonly TestEntry[] = []): Buffer {
  return makeTar([
    ...files,
    { name: "manifest.json", type: "file", content: typeof manifestJson === "string" ? manifestJson : JSON.stringify(manifestJson) },
  ]);
}

const configFile: TestEntry = { name: "c.json", type: "file", content: config };
const other = makeTar([{ name: "other", type: "file" }]);
const wrongSize = { ...descriptor(packed, "x"), size: 5 };

test.each<[string, Buffer, string]>([
  ["nothing", Buffer.alloc(0), "invalid archive: does not contain a manifest.json"],
  ["an empty tar", makeTar([]), "invalid archive: does not contain a manifest.json"],
  ["junk", Buffer.alloc(5000, "junk"), "Error processing tar file: archive/tar: invalid tar header"],
  ["a cut archive", makeDockerArchive([{ layers: [layer] }]).subarray(0, 3000), "Error processing tar file: unexpected EOF"],
  [
    "cut gzip",
    gzipSync(makeDockerArchive([{ layers: [layer] }])).subarray(0, 300),
    "Error processing tar file: the gzip stream is damaged",
  ],
  ["null", docker("null"), "invalid manifest, manifest cannot be null (but can be [])"],
  ["no list", docker("{}"), "invalid archive: failed to decode manifest.json: it is no list"],
  ["broken JSON", docker("{"), "invalid archive: failed to decode manifest.json"],
  ["a wrong item", docker([{ Config: 5 }]), "invalid archive: failed to decode manifest.json"],
  ["a missing config", docker([{ Config: "x", Layers: [] }]), 'invalid archive: "x" is missing'],
  ["a config outside", docker([{ Config: "../../etc/passwd", Layers: [] }]), '"../../etc/passwd" is outside of the layer'],
  ["a missing layer", docker([{ Config: "c.json", Layers: ["l"] }], [configFile]), 'invalid archive: "l" is missing'],
  [
    "too few layers",
    docker([{ Config: "c.json", Layers: [] }], [configFile]),
    "invalid manifest, layers length mismatch: expected 0, got 1",
  ],
  [
    "a bad tag",
    docker([{ Config: "c.json", Layers: ["l"], RepoTags: ["BAD"] }], [configFile, { name: "l", type: "file", content: layer }]),
    "invalid reference format: repository name must be lowercase",
  ],
  [
    "a tag without tag",
    docker([{ Config: "c.json", Layers: ["l"], RepoTags: ["x"] }], [configFile, { name: "l", type: "file", content: layer }]),
    'invalid tag "x"',
  ],
  [
    "links in a circle",
    docker(
      [{ Config: "a", Layers: [] }],
      [
        { name: "a", type: "symlink", linkName: "b" },
        { name: "b", type: "symlink", linkName: "a" },
      ],
    ),
    'invalid archive: "a" is missing',
  ],
  [
    "a link outwards",
    docker([], [{ name: "a", type: "symlink", linkName: "../../x" }]),
    'Error processing tar file: "../../x" is outside of the layer',
  ],
  [
    "an absolute link",
    docker([], [{ name: "a", type: "symlink", linkName: "/etc/passwd" }]),
    'Error processing tar file: invalid symlink "a" -> "/etc/passwd"',
  ],
  ["a device", docker([], [{ name: "a", type: "block", deviceMajor: 8 }]), 'Error processing tar file: invalid archive: "a" is no file'],
  [
    "a config that is no object",
    docker([{ Config: "x", Layers: [] }], [{ name: "x", type: "file", content: "5" }]),
    "invalid image config: it is no object",
  ],
  [
    "a config of another system",
    docker([{ Config: "x", Layers: [] }], [{ name: "x", type: "file", content: makeConfig({ layers: [], config: { os: "windows" } }) }]),
    "cannot load windows image on linux",
  ],
  [
    "a config with a wrong field",
    docker(
      [{ Config: "x", Layers: [] }],
      [{ name: "x", type: "file", content: JSON.stringify({ rootfs: { type: "layers", diff_ids: [] }, config: { Env: "A=b" } }) }],
    ),
    "invalid image config: Env",
  ],
  [
    "a config with a path as digest",
    docker(
      [{ Config: "x", Layers: ["x"] }],
      [{ name: "x", type: "file", content: JSON.stringify({ rootfs: { type: "layers", diff_ids: ["sha256:../../x"] } }) }],
    ),
    "invalid image config: rootfs.diff_ids",
  ],
  [
    "a blob with another content",
    layout({ manifests: [descriptor(manifest, manifestType)] }, [config, manifest]).toString("latin1") === ""
      ? Buffer.alloc(0)
      : makeTar([
          blob(config),
          blob(manifest),
          { ...blob(packed), content: gzipSync(other) },
          { name: "index.json", type: "file", content: JSON.stringify({ manifests: [descriptor(manifest, manifestType)] }) },
        ]),
    `invalid archive: the blob ${sha256(packed)} has the digest ${sha256(gzipSync(other))}`,
  ],
  [
    "a missing blob",
    layout({ manifests: [descriptor(manifest, manifestType)] }, [config, manifest]),
    `invalid archive: "blobs/sha256/${sha256(packed).slice(7)}" is missing`,
  ],
  [
    "a wrong size",
    layout({ manifests: [wrongSize] }, [packed]),
    `invalid archive: the blob ${sha256(packed)} has ${packed.length} bytes instead of 5`,
  ],
  [
    "a digest that is none",
    layout({ manifests: [{ mediaType: manifestType, digest: "sha256:..", size: 1 }] }, []),
    "invalid archive: index.json is no image index",
  ],
  [
    "no image for this machine",
    (() => {
      const index = Buffer.from(
        JSON.stringify({
          mediaType: indexType,
          manifests: [descriptor(manifest, manifestType, { platform: { os: "linux", architecture: "s390x" } })],
        }),
      );
      return layout({ manifests: [descriptor(index, indexType)] }, [index, manifest]);
    })(),
    "invalid archive: sha256:",
  ],
  [
    "an artifact",
    layout({ manifests: [descriptor(Buffer.from("{}"), "application/x")] }, [Buffer.from("{}")]),
    `invalid archive: ${sha256("{}")} is of the unknown type "application/x"`,
  ],
])("refuses %s", async (_, archive, message) => {
  await using t = await openTestStore();
  const reason = await load(t.store, archive).then(
    () => "it was loaded",
    (error: Error) => error.message,
  );
  expect(reason).toStartWith(message);
  for (const folder of ["layers", "blobs/sha256", "staging"]) expect(readdirSync(join(t.root, "images", folder))).toEqual([]);
});

test("refuses metadata beyond the limit and indexes in indexes without end", async () => {
  await using t = await openTestStore({ limits: { ...defaultStoreLimits, metadataBytes: 3000 } });
  const large = docker(`[${" ".repeat(4000)}]`);
  expect(await refusalOf(load(t.store, large))).toContain("invalid archive: manifest.json has 4002 bytes, more than 3000");
  const blobs: Buffer[] = [manifest];
  for (let depth = 0; depth < 6; depth++) {
    blobs.push(
      Buffer.from(
        JSON.stringify({ mediaType: indexType, manifests: [descriptor(blobs.at(-1) ?? manifest, depth === 0 ? manifestType : indexType)] }),
      ),
    );
  }
  const top = blobs.at(-1) ?? manifest;
  expect(await refusalOf(load(t.store, layout({ manifests: [descriptor(top, indexType)] }, blobs)))).toContain(
    "indexes are nested more than 4 deep",
  );
});

test("an index that names the same index again and again is looked at once", async () => {
  await using t = await openTestStore();
  const blobs: Uint8Array[] = [];
  let inner: Uint8Array = manifestOf(config, [packed]);
  let type = manifestType;
  const nobodys = { platform: { os: "linux", architecture: "none" } };
  for (let depth = 0; depth < 3; depth++) {
    const manifests = Array.from({ length: 300 }, () => descriptor(inner, type, depth === 0 ? nobodys : {}));
    inner = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: indexType, manifests }));
    type = indexType;
    blobs.push(inner);
  }
  const archive = layout({ schemaVersion: 2, manifests: [descriptor(inner, indexType)] }, blobs);
  expect(await refusalOf(load(t.store, archive))).toContain("has no image for");
}, 5000);

test("an xz archive that asks for gigabytes of memory is refused", async () => {
  await using t = await openTestStore();
  const packed = await xz(layout({ schemaVersion: 2, manifests: [] }, []));
  // Block header (the .xz format, 3.1): size, flags, filter 0x21, size of properties, dictionary size, padding, CRC32.
  const header = packed.subarray(12, 12 + ((packed[12] ?? 0) + 1) * 4);
  expect(header.subarray(2, 4).toString("hex")).toBe("2101");
  header[4] = 40;
  header.writeUInt32LE(crc32(header.subarray(0, -4)), header.length - 4);
  expect(await refusalOf(load(t.store, packed))).toContain("the xz stream is damaged, or needs more than 256 MiB of memory");
});
