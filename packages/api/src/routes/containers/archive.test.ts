import { expect, test } from "bun:test";
import { fail } from "@berth/base";
import { fakeApi } from "../../testing/fakes.ts";
import { serveApi } from "../../testing/serve.ts";

const stat = { name: "etc", size: 4096, mode: 0o041755, mtimeNs: 1_700_000_000_250_000_000n, linkTarget: "" };
const path = "/v1.41/containers/web/archive?path=%2Fetc";

function decoded(answer: Response): unknown {
  return JSON.parse(Buffer.from(answer.headers.get("x-docker-container-path-stat") ?? "", "base64").toString());
}

async function* pieces(): AsyncGenerator<Uint8Array> {
  await Promise.resolve();
  yield Buffer.from("tar ");
  yield Buffer.from("archive");
}

test.each<[string, number, number]>([
  ["folder with the sticky bit", 0o041755, 2 ** 31 + 2 ** 20 + 0o755],
  ["link", 0o120777, 134_218_239],
  ["set-user-id program", 0o104755, 8_389_101],
  ["character device", 0o020666, 2 ** 26 + 2 ** 21 + 0o666],
  ["block device", 0o060660, 2 ** 26 + 0o660],
  ["pipe", 0o010644, 2 ** 25 + 0o644],
  ["socket, set-group-id", 0o142755, 2 ** 24 + 2 ** 22 + 0o755],
])("the mode of a %s is Go's", async (_, mode, go) => {
  await using api = await serveApi(fakeApi({ "files.stat": () => Promise.resolve({ ...stat, mode }) }).options);
  const answer = await api.fetch(path, { method: "HEAD" });
  expect([answer.status, decoded(answer)]).toEqual([
    200,
    { name: "etc", size: 4096, mode: go, mtime: "2023-11-14T22:13:20.25Z", linkTarget: "" },
  ]);
});

test.each<[string, string | null]>([
  ["identity", null],
  ["gzip", "gzip"],
  ["gzip;q=0", null],
  ["deflate, gzip;q=0.5", "deflate"],
  ["*", "gzip"],
  ["br", null],
  ["identity, gzip;q=0.5", null],
])("an archive is packed as Accept-Encoding %p says", async (accepted, encoding) => {
  const answers = { "files.read": () => Promise.resolve({ stat, archive: pieces() }) };
  await using api = await serveApi(fakeApi(answers).options);
  const answer = await api.fetch(path, { headers: { "Accept-Encoding": accepted }, decompress: false } as RequestInit);
  expect([answer.status, answer.headers.get("content-type"), answer.headers.get("content-encoding")]).toEqual([
    200,
    "application/x-tar",
    encoding,
  ]);
  expect(decoded(answer)).toMatchObject({ name: "etc" });
  const bytes = new Uint8Array(await answer.arrayBuffer());
  const plain = encoding === "gzip" ? Bun.gunzipSync(bytes) : encoding === "deflate" ? Bun.inflateSync(bytes) : bytes;
  expect(Buffer.from(plain).toString()).toBe("tar archive");
});

test("an archive that breaks is cut, also a packed one; a refusal before it is an answer", async () => {
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield* pieces();
    throw fail("internal", "the disk is gone");
  }
  const answers = { "files.read": () => Promise.resolve({ stat, archive: broken() }), "files.export": () => Promise.resolve(broken()) };
  await using api = await serveApi(fakeApi(answers).options);
  for (const [target, encoding] of [
    [path, "identity"],
    [path, "gzip"],
    ["/v1.41/containers/web/export", "identity"],
  ] as const) {
    const whole = await api
      .fetch(target, { headers: { "Accept-Encoding": encoding } })
      .then((answer) => answer.arrayBuffer())
      .then(
        () => true,
        () => false,
      );
    expect([target, encoding, whole]).toEqual([target, encoding, false]);
  }
  await using refusing = await serveApi(
    fakeApi({ "files.read": () => Promise.reject(fail("not-found", "Could not find the file /etc in container web")) }).options,
  );
  const answer = await refusing.fetch(path);
  expect([answer.status, await answer.text()]).toEqual([404, '{"message":"Could not find the file /etc in container web"}\n']);
});

test("put passes on what is asked for, whatever the body calls itself", async () => {
  const { options, calls } = fakeApi({
    "files.write": async (_name: string, request: { archive: AsyncIterable<Uint8Array> }) => {
      for await (const _ of request.archive);
    },
  });
  await using api = await serveApi(options);
  const body = { method: "PUT", body: "tar", headers: { "Content-Type": "application/x-www-form-urlencoded" } };
  expect((await api.fetch(`${path}&noOverwriteDirNonDir=true&copyUIDGID=1`, body)).status).toBe(200);
  expect((await api.fetch(path, body)).status).toBe(200);
  expect(calls.map(([name, container, request]) => [name, container, { ...(request as object), archive: 0, signal: 0 }])).toEqual([
    ["files.write", "web", { path: "/etc", archive: 0, copyOwner: true, keepKinds: true, signal: 0 }],
    ["files.write", "web", { path: "/etc", archive: 0, copyOwner: false, keepKinds: false, signal: 0 }],
  ]);
  const nameless = await api.fetch("/v1.41/containers/web/archive", { method: "PUT", body: "tar" });
  expect([nameless.status, await nameless.text()]).toEqual([400, '{"message":"bad parameter: path cannot be empty"}\n']);
});

test("changes are null when there are none, commit answers with an id", async () => {
  let changes: object[] = [];
  const { options, calls } = fakeApi({
    "files.changes": () => Promise.resolve(changes),
    "files.commit": () => Promise.resolve("sha256:1"),
  });
  await using api = await serveApi(options);
  expect(await (await api.fetch("/v1.41/containers/web/changes")).text()).toBe("null\n");
  changes = [{ Path: "/a", Kind: 1 }];
  expect(await (await api.fetch("/v1.41/containers/web/changes")).json()).toEqual(changes);
  const target = "/v1.41/commit?container=web&repo=r&tag=t&author=a&comment=c&changes=CMD%20x&changes=ENV%20A%3D1";
  const answer = await api.fetch(target, { method: "POST", body: '{"Cmd":["y"]}', headers: { "Content-Type": "application/json" } });
  expect([answer.status, await answer.json()]).toEqual([201, { Id: "sha256:1" }]);
  await api.fetch("/v1.41/commit?container=web&pause=0", { method: "POST" });
  expect(calls.slice(-2).map(([, , request]): object => ({ ...(request as object), signal: 0 }))).toEqual([
    { repository: "r", tag: "t", author: "a", comment: "c", pause: true, changes: ["CMD x", "ENV A=1"], config: { Cmd: ["y"] }, signal: 0 },
    { repository: "", tag: "", author: "", comment: "", pause: false, changes: [], config: null, signal: 0 },
  ]);
});
