// time limit: 4 minutes
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type net from "node:net";
import { openScene, refusal, type Scene, until } from "../harness/scene.ts";

let scene: Scene;
beforeAll(async () => {
  scene = await openScene("requests");
}, 60_000);
afterAll(async () => {
  await scene[Symbol.asyncDispose]();
}, 30_000);

/** Sends bytes as they are and gives all that comes back until the server closes. */
async function exchange(
  bytes: string | Uint8Array,
  options: { readonly end?: boolean; readonly timeoutMs?: number } = {},
): Promise<string> {
  const socket = await scene.api.open("");
  socket.write(bytes);
  if (options.end === true) socket.end();
  return rest(socket, options.timeoutMs ?? 10_000);
}

function rest(socket: net.Socket, timeoutMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    const timer = setTimeout(() => {
      socket.destroy();
      reject(new Error(`the server did not close within ${timeoutMs} ms; so far ${JSON.stringify(text.slice(0, 500))}`));
    }, timeoutMs);
    const finish = (): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(text);
    };
    socket.on("data", (bytes: Buffer) => {
      text += bytes.toString("latin1");
    });
    socket.on("end", finish);
    socket.on("close", finish);
    socket.on("error", finish);
  });
}

async function pingMs(): Promise<number> {
  const began = performance.now();
  expect((await scene.api.get("/_ping")).text).toBe("OK");
  return performance.now() - began;
}

const create = (raw: string | Uint8Array): Promise<[number, string]> =>
  scene.api.request("/containers/create", { method: "POST", raw }).then(refusal);

describe("bodies", () => {
  test.each<[string, string | Uint8Array, RegExp]>([
    ["an open object", "{", /unexpected EOF/],
    ["an open string", '{"Image":"busy', /unexpected EOF/],
    ["no JSON", "Image=busybox", /invalid character 'I' looking for beginning of value/],
    ["a list", "[]", /cannot unmarshal array into Go value/],
    ["a string", '"busybox"', /cannot unmarshal string into Go value/],
    ["a number", "17", /cannot unmarshal number into Go value/],
    ["a number as image", '{"Image":17}', /cannot unmarshal number into Go struct field .*Image of type string/],
    ["an object as command", '{"Image":"busybox","Cmd":{"a":1}}', /cannot unmarshal object/],
    ["a nested list as command", '{"Image":"busybox","Cmd":[["a"]]}', /cannot unmarshal array/],
    ["a list of numbers as environment", '{"Image":"busybox","Env":[1]}', /cannot unmarshal number/],
    ["a fraction of a byte", '{"Image":"busybox","HostConfig":{"Memory":1.5}}', /cannot unmarshal number 1.5 into .* of type int64/],
    ["an endless number", '{"Image":"busybox","HostConfig":{"Memory":1e400}}', /cannot unmarshal number (1e400|Infinity)/],
    ["a number beyond int64", '{"Image":"busybox","HostConfig":{"Memory":92233720368547758080}}', /cannot unmarshal number/],
    ["text as a number", '{"Image":"busybox","HostConfig":{"Memory":"1g"}}', /cannot unmarshal string/],
    ["text as a list of mounts", '{"Image":"busybox","HostConfig":{"Binds":"/a:/b"}}', /cannot unmarshal string/],
    ["a list as labels", '{"Image":"busybox","Labels":["a"]}', /cannot unmarshal array/],
    ["a number as a label", '{"Image":"busybox","Labels":{"a":1}}', /cannot unmarshal number/],
    ["a control character in a string", '{"Image":"busy\nbox"}', /invalid character '\\n' in string literal/],
    ["a bad escape", '{"Image":"\\x"}', /invalid character 'x' in string escape code/],
    ["a comma at the end", '{"Image":"busybox",}', /invalid character '}' looking for beginning of object key string/],
    ["two documents", '{"Image":"busybox"}{"Image":"busybox"}', /invalid character '{' after top-level value/],
    ["a byte order mark", "\ufeff{}", /invalid character/],
    ["nothing", " ", /EOF/],
    ["nesting of 100,000 lists", "[".repeat(100_000), /exceeded max depth|cannot unmarshal|unexpected EOF/],
    ["nesting of 2,000,000 objects", '{"a":'.repeat(1_600_000), /exceeded max depth|unexpected EOF/],
    ["deep nesting that is closed", `{"Labels":${"[".repeat(1_000_000)}${"]".repeat(1_000_000)}}`, /exceeded max depth|cannot unmarshal/],
    ["null", "null", /Config cannot be empty in order to create a container/],
    ["nothing but braces", "{}", /Config cannot be empty in order to create a container/],
  ])(
    "refuses %s",
    async (_, raw, words) => {
      const began = performance.now();
      const [status, message] = await create(raw);
      expect(status).toBe(400);
      expect(message).toMatch(words);
      expect(performance.now() - began).toBeLessThan(5000);
      await pingMs();
    },
    20_000,
  );

  test("a name that JavaScript treats in a special way is only a name", async () => {
    const labels = '{"__proto__":"a","constructor":"b","toString":"c","hasOwnProperty":"d"}';
    const made = await create(`{"Image":"busybox","Cmd":["true"],"__proto__":{"Tty":true},"Labels":${labels}}`);
    expect(made[0]).toBe(201);
    const [container] = (await scene.api.get("/containers/json?all=1")).json<{ Id: string; Labels: object }[]>();
    expect(Object.entries(container?.Labels ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1))).toEqual([
      ["__proto__", "a"],
      ["constructor", "b"],
      ["hasOwnProperty", "d"],
      ["toString", "c"],
    ]);
    const found = await scene.api.get(`/containers/json?all=1&filters=${encodeURIComponent('{"label":["__proto__=a","constructor"]}')}`);
    expect(found.json<unknown[]>().length).toBe(1);
    const none = await scene.api.get(`/containers/json?all=1&filters=${encodeURIComponent('{"label":["valueOf"]}')}`);
    expect(none.json<unknown[]>().length).toBe(0);
    const inspect = (await scene.api.get(`/containers/${container?.Id}/json`)).json<{ Config: { Tty: boolean } }>();
    expect(inspect.Config.Tty).toBe(false);
    expect((await scene.api.delete(`/containers/${container?.Id}`)).status).toBe(204);
  });

  test("a body that is too long, announced or not", async () => {
    const long = `{"Image":"busybox","Cmd":["${"x".repeat(9 << 20)}"]}`;
    expect(await create(long)).toEqual([400, "request body is larger than 8388608 bytes"]);
    const announced = await exchange(
      "POST /v1.41/containers/create HTTP/1.1\r\nHost: d\r\nContent-Type: application/json\r\nContent-Length: 999999999999\r\n\r\n",
    );
    expect(announced).toContain("HTTP/1.1 400");
    const chunked = await scene.api.open(
      "POST /v1.41/containers/create HTTP/1.1\r\nHost: d\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n",
    );
    const chunk = `${(1 << 20).toString(16)}\r\n${" ".repeat(1 << 20)}\r\n`;
    for (let sent = 0; sent < 9; sent++) chunked.write(chunk);
    const answer = await new Promise<string>((resolve) => chunked.once("data", (bytes: Buffer) => resolve(bytes.toString())));
    chunked.destroy();
    expect(answer).toStartWith("HTTP/1.1 400");
    expect(answer).toContain("request body is larger than");
    await scene.unchanged();
  }, 30_000);

  test("another content type", async () => {
    const answer = await scene.api.request("/containers/create", {
      method: "POST",
      raw: '{"Image":"busybox"}',
      headers: { "Content-Type": "text/plain" },
    });
    expect(refusal(answer)).toEqual([400, "Content-Type specified (text/plain) must be 'application/json'"]);
  });

  test("clients that leave in the middle of a body make nothing", async () => {
    const head =
      "POST /v1.41/containers/create?name=half HTTP/1.1\r\nHost: d\r\nContent-Type: application/json\r\nContent-Length: 200\r\n\r\n";
    const sockets = await Promise.all(Array.from({ length: 50 }, () => scene.api.open(`${head}{"Image":"busybox","Cmd":`)));
    expect(await pingMs()).toBeLessThan(2000);
    for (const socket of sockets) socket.destroy();
    const load = await Promise.all(
      Array.from({ length: 10 }, () =>
        scene.api.open(
          "POST /v1.41/images/load HTTP/1.1\r\nHost: d\r\nContent-Type: application/x-tar\r\nContent-Length: 99999999\r\n\r\n",
        ),
      ),
    );
    for (const socket of load) socket.write(scene.image.archive.subarray(0, 300_000));
    await Bun.sleep(300);
    expect(await pingMs()).toBeLessThan(2000);
    for (const socket of load) socket.destroy();
    await scene.unchanged();
    await until(
      async () => (await scene.sandbox.run(["sh", "-c", `ls ${scene.engine.dataRoot}/images/staging | wc -l`])).stdout.trim() === "0",
      5000,
      "half an archive is left",
    );
  }, 30_000);
});

describe("heads", () => {
  test("a client that sends its head slowly starves nobody and is cut off", async () => {
    const began = performance.now();
    const sockets = await Promise.all(Array.from({ length: 200 }, () => scene.api.open("GET /v1.41/_ping HTTP/1.1\r\nHost: d\r\nX-")));
    let closed = 0;
    for (const socket of sockets) {
      socket.on("error", () => undefined);
      socket.on("data", () => undefined);
      socket.once("close", () => {
        closed++;
      });
      socket.once("end", () => {
        socket.destroy();
      });
    }
    const drip = setInterval(() => {
      for (const socket of sockets) if (!socket.destroyed) socket.write("a");
    }, 1000);
    try {
      for (let round = 0; round < 10; round++) expect(await pingMs()).toBeLessThan(1000);
      await until(() => closed === sockets.length, 60_000, "slow clients are not cut off").catch((error: Error) => {
        throw new Error(`${error.message}: ${closed} of ${sockets.length}`);
      });
      expect(performance.now() - began).toBeGreaterThan(5_000);
    } finally {
      clearInterval(drip);
      for (const socket of sockets) socket.destroy();
    }
    await pingMs();
  }, 90_000);

  test.each<[string, () => string | Uint8Array, RegExp]>([
    ["a header of two megabytes", () => `GET /_ping HTTP/1.1\r\nHost: d\r\nX: ${"a".repeat(2 << 20)}\r\n\r\n`, /^HTTP\/1.1 (431|400)/],
    [
      "a hundred thousand headers",
      () => `GET /_ping HTTP/1.1\r\nHost: d\r\n${Array.from({ length: 100_000 }, (_, at) => `X-${at}: a\r\n`).join("")}\r\n`,
      /^HTTP\/1.1 (431|400)/,
    ],
    ["a path of two megabytes", () => `GET /${"a".repeat(2 << 20)} HTTP/1.1\r\nHost: d\r\n\r\n`, /^HTTP\/1.1 (431|414|400)/],
    ["no HTTP", () => "hello\r\n\r\n", /^HTTP\/1.1 400/],
    ["a client of TLS", () => Buffer.from("16030100c8010000c403035f", "hex"), /^(HTTP\/1.1 400|$)/],
    ["HTTP/2", () => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", /^(HTTP\/1.1 (400|505)|$)/],
    ["zeros", () => Buffer.alloc(10_000), /^(HTTP\/1.1 400|$)/],
    [
      "two lengths",
      () => "POST /v1.41/containers/create HTTP/1.1\r\nHost: d\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n12345",
      /^HTTP\/1.1 400/,
    ],
    [
      "a length and chunks",
      () => "POST /v1.41/containers/create HTTP/1.1\r\nHost: d\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      /^HTTP\/1.1 400/,
    ],
    ["a negative length", () => "POST /v1.41/containers/create HTTP/1.1\r\nHost: d\r\nContent-Length: -1\r\n\r\n", /^HTTP\/1.1 400/],
    [
      "a bad chunk",
      () =>
        "POST /v1.41/containers/create HTTP/1.1\r\nHost: d\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n{}\r\n0\r\n\r\n",
      /^(HTTP\/1.1 400|$)/,
    ],
    ["a space in the path", () => "GET /containers/a b/json HTTP/1.1\r\nHost: d\r\n\r\n", /^HTTP\/1.1 400/],
    ["a bad escape in the path", () => "GET /containers/%zz/json HTTP/1.1\r\nHost: d\r\nConnection: close\r\n\r\n", /^HTTP\/1.1 400/],
    ["bad UTF-8 in the path", () => "GET /containers/%ff%fe/json HTTP/1.1\r\nHost: d\r\nConnection: close\r\n\r\n", /^HTTP\/1.1 (400|404)/],
    ["another method", () => "BREW /containers/json HTTP/1.1\r\nHost: d\r\nConnection: close\r\n\r\n", /^HTTP\/1.1 (400|404|405|501)/],
  ])(
    "%s",
    async (_, bytes, words) => {
      expect((await exchange(bytes(), { end: true })).slice(0, 300)).toMatch(words);
      expect(await pingMs()).toBeLessThan(2000);
    },
    20_000,
  );

  test("a query of 900 KB is only a query", async () => {
    const answer = await scene.api.get(`/containers/json?all=1&x=${"a".repeat(900_000)}`);
    expect([answer.status, answer.text]).toEqual([200, "[]\n"]);
  });

  test("versions that do not exist", async () => {
    expect(refusal(await scene.api.at("v1.99").get("/containers/json"))).toEqual([
      400,
      "client version 1.99 is too new. Maximum supported API version is 1.51",
    ]);
    for (const version of ["v1.0", "v0", "v1..41", "v99999999999999999999.1"]) {
      expect((await scene.api.at(version).get("/containers/json")).status).toBe(400);
    }
    expect((await scene.api.at("").get("/containers/../containers/json/../../..")).status).toBe(404);
  });
});

describe("filters", () => {
  const list = (filters: string, kind = "containers"): Promise<[number, string]> =>
    scene.api
      .get(`/${kind}/json?all=1&filters=${encodeURIComponent(filters)}`)
      .then((answer) => [answer.status, answer.text.slice(0, 300).trim()]);

  test("of the wrong form", async () => {
    for (const bad of ["{", "17", '"x"', '{"name":17}', '{"name":{"a":17}}', '{"name":[17]}', "[".repeat(100_000)]) {
      expect([bad.slice(0, 20), (await list(bad))[0]]).toEqual([bad.slice(0, 20), 400]);
    }
  });

  test("that do not exist, and thousands of them", async () => {
    expect(await list('{"nope":["1"]}')).toEqual([400, '{"message":"Invalid filter \'nope\'"}']);
    const many = Object.fromEntries(Array.from({ length: 20_000 }, (_, at) => [`nope${at}`, ["x"]]));
    expect((await list(JSON.stringify(many)))[0]).toBe(400);
    const names = Array.from({ length: 20_000 }, (_, at) => `^x${at}$`);
    const began = performance.now();
    expect(await list(JSON.stringify({ name: names }))).toEqual([200, "[]"]);
    expect(await list(JSON.stringify({ label: names }))).toEqual([200, "[]"]);
    expect(await list(JSON.stringify({ reference: names }), "images")).toEqual([200, "[]"]);
    expect(performance.now() - began).toBeLessThan(5000);
  }, 20_000);

  test("whose patterns would take years", async () => {
    const name = "a".repeat(120);
    expect((await scene.api.post(`/containers/create?name=${name}`, { Image: "busybox", Cmd: ["true"] })).status).toBe(201);
    const tagged = await scene.api.post(`/images/busybox/tag?repo=${"a".repeat(100)}&tag=${"a".repeat(100)}`);
    expect(tagged.status).toBe(201);
    const began = performance.now();
    for (const pattern of [
      "^(a+)+$x",
      "(a*)*b",
      `^${"a?".repeat(100)}${"a".repeat(56)}b`,
      `${"a*".repeat(50)}b`,
      `${"(a|aa)".repeat(40)}b`,
      "(?=(a+))\\1b",
      "a{1,100}a{1,100}a{1,100}b",
      `${"[a-z]?".repeat(40)}b`,
    ]) {
      expect(await list(JSON.stringify({ name: [pattern] }))).toEqual([200, "[]"]);
    }
    for (const pattern of ["a*".repeat(30) + "b", `${"*a".repeat(40)}b`, `${"*".repeat(200)}b`, "[", "[z-a]", "\\"]) {
      const [status, text] = await list(JSON.stringify({ reference: [pattern] }), "images");
      expect([pattern, status === 400 || text === "[]"]).toEqual([pattern, true]);
    }
    expect(performance.now() - began).toBeLessThan(5000);
    expect((await scene.api.delete(`/containers/${name}`)).status).toBe(204);
    expect((await scene.api.delete(`/images/${"a".repeat(100)}:${"a".repeat(100)}`)).status).toBe(200);
    await scene.unchanged();
  }, 60_000);
});
