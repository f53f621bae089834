import { afterAll, beforeEach, describe, expect, test } from "bun:test";
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deflateRawSync } from "node:zlib";
import { formatTarEntry, tarEnd, tarPadding } from "@berth/spec";
import { parseArgs } from "../args/parse.ts";
import { proxyVariables } from "../container/options/proxies.ts";
import { globalFlags } from "../globals.ts";
import { readConfig } from "./config.ts";
import { chooseContext } from "./host.ts";
import { readArchive, writeArchive } from "./store/archive.ts";
import { listContexts, readContext, readTlsFiles } from "./store/read.ts";
import { compareNaturally } from "./store/sort.ts";
import { complaintAbout, foldersOf } from "./store/stored.ts";
import { removeContext, writeContext } from "./store/write.ts";
import { setConfig } from "./write-config.ts";

const folder = mkdtempSync(join(tmpdir(), "berth-context-"));
const config = join(folder, "config.json");
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeEach(() => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
});

async function failureOf(act: () => Promise<unknown>): Promise<string> {
  try {
    await act();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return "nothing failed";
}

describe("settings", () => {
  const bad: readonly (readonly [what: string, text: string, words: string])[] = [
    ["a cut file", '{\n "psFormat": "x",\n "auths": {', "config.json: line 3: this is no JSON: unexpected EOF"],
    ["a comma too many", '{\n "a": 1,\n}', "config.json: line 3: this is no JSON: invalid character '}'"],
    ["a list", "[]", "config.json: line 1: this is no JSON object"],
    ["a format that is a number", '{"psFormat": 3}', 'config.json: "psFormat" is a number, but must be text'],
    ["a header that is none", '{"HttpHeaders": {"X-A": "b\\r\\nX-B: c"}}', '"X-A" is no header that HTTP can carry'],
    ["a header of HTTP's own", '{"HttpHeaders": {"Content-length": "7"}}', '"Content-length" cannot be set'],
    ["a proxy that is a list", '{"proxies": {"default": {"httpProxy": []}}}', '"httpProxy" is a list, but must be text'],
  ];
  for (const [what, text, words] of bad) {
    test(`${what} is refused, with file and place`, async () => {
      writeFileSync(config, text);
      expect(await failureOf(() => readConfig(folder))).toContain(words);
      const before = readFileSync(config);
      if (what === "a cut file") expect(await failureOf(() => setConfig(folder, "currentContext", "x"))).toContain("line 3");
      expect(readFileSync(config)).toEqual(before);
    });
  }
  test("no file, an empty one, and keys of others", async () => {
    expect(await readConfig(folder)).toEqual({ directory: folder });
    writeFileSync(config, "\n");
    expect(await readConfig(folder)).toEqual({ directory: folder });
    writeFileSync(config, '{"plugins": {"x": {}}, "detachKeys": "ctrl-a", "statsFormat": ""}');
    expect(await readConfig(folder)).toEqual({ directory: folder, detachKeys: "ctrl-a" });
  });
  test("what is no file, or too large, is not read", async () => {
    symlinkSync("/dev/zero", config);
    expect(await failureOf(() => readConfig(folder))).toContain("it is no file");
    rmSync(config);
    writeFileSync(config, `{"a": "${"x".repeat(5_000_000)}"}`);
    expect(await failureOf(() => readConfig(folder))).toContain("is larger than");
  });
  test("writing a key keeps all others, the mode and a link", async () => {
    const target = join(folder, "elsewhere.json");
    writeFileSync(target, '{"__proto__": {"a": 1}, "n": 12345678901234567890, "f": 1.50, "currentContext": "old", "z": [null]}');
    chmodSync(target, 0o640);
    symlinkSync(target, config);
    await setConfig(folder, "currentContext", "new");
    expect(readFileSync(config, "utf8")).toBe(
      '{\n\t"__proto__": {\n\t\t"a": 1\n\t},\n\t"n": 12345678901234567890,\n\t"f": 1.50,\n\t"currentContext": "new",\n\t"z": [\n\t\tnull\n\t]\n}',
    );
    expect([lstatSync(config).isSymbolicLink(), statSync(target).mode & 0o777]).toEqual([true, 0o640]);
    await setConfig(folder, "currentContext", undefined);
    expect(readFileSync(config, "utf8")).not.toContain("currentContext");
    expect(readdirSync(folder).sort()).toEqual(["config.json", "elsewhere.json"]);
  });
});

describe("proxies", () => {
  const proxies = { default: { httpProxy: "http://p:1", noProxy: "" }, "unix:///x": { httpsProxy: "http://q:2", other: "z" } };
  test("reach a container in both spellings, unless the user says otherwise", () => {
    expect(proxyVariables({ proxies }, "tcp://y", [])).toEqual(["HTTP_PROXY=http://p:1", "http_proxy=http://p:1"]);
    expect(proxyVariables({ proxies }, "unix:///x", [])).toEqual(["HTTPS_PROXY=http://q:2", "https_proxy=http://q:2"]);
    expect(proxyVariables({ proxies }, "tcp://y", ["HTTP_PROXY=", "A=b"])).toEqual(["http_proxy=http://p:1"]);
    expect(proxyVariables({}, "tcp://y", [])).toEqual([]);
  });
});

describe("the context in use", () => {
  const choose = (argv: readonly string[], environment: Readonly<Record<string, string>>, currentContext?: string): string => {
    const names = ["BERTH_HOST", "DOCKER_HOST", "DOCKER_CONTEXT"];
    const before = names.map((name) => [name, process.env[name]] as const);
    for (const name of names) delete process.env[name];
    Object.assign(process.env, environment);
    try {
      const settings = { directory: folder, ...(currentContext === undefined ? {} : { currentContext }) };
      return chooseContext(parseArgs(globalFlags, argv, { interspersed: false }), settings);
    } finally {
      for (const [name, value] of before)
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
    }
  };
  test("flags, variables with an engine, DOCKER_CONTEXT, settings", () => {
    const all = { BERTH_HOST: "unix:///a", DOCKER_HOST: "unix:///b", DOCKER_CONTEXT: "variable" };
    expect(choose(["-c", "flag"], all, "kept")).toBe("flag");
    expect(choose(["-H", "unix:///c"], all, "kept")).toBe("default");
    expect(choose([], all, "kept")).toBe("default");
    expect(choose([], { DOCKER_HOST: "unix:///b", DOCKER_CONTEXT: "variable" }, "kept")).toBe("default");
    expect(choose([], { DOCKER_CONTEXT: "variable" }, "kept")).toBe("variable");
    expect(choose([], {}, "kept")).toBe("kept");
    expect(choose([], {})).toBe("default");
    expect(() => choose(["-c", "flag", "-H", "unix:///c"], {})).toThrow("either specify --host or --context");
  });
});

describe("stored contexts", () => {
  const stored = {
    name: "lab",
    metadata: { Description: "d", Other: 1 },
    endpoints: { docker: { Host: "tcp://h:1", SkipTLSVerify: false }, kubernetes: {} },
  };
  const tls = { docker: { "ca.pem": new TextEncoder().encode("CA"), "key.pem": new TextEncoder().encode("KEY") } };
  test("are what docker writes, and read back as they were", async () => {
    writeContext(folder, stored, tls);
    const { meta, tls: keys } = foldersOf(folder, "lab");
    expect(readFileSync(`${meta}/meta.json`, "utf8")).toStartWith(
      '{"Name":"lab","Metadata":{"Description":"d","Other":1},"Endpoints":{"docker":',
    );
    expect([statSync(keys).mode & 0o777, statSync(`${keys}/docker/key.pem`).mode & 0o777]).toEqual([0o700, 0o600]);
    expect(await readContext(folder, "lab")).toEqual(stored);
    expect(await readTlsFiles(folder, "lab")).toEqual(tls);
    writeContext(folder, stored, { docker: { "ca.pem": tls.docker["ca.pem"] } });
    expect(Object.keys((await readTlsFiles(folder, "lab"))["docker"] ?? {})).toEqual(["ca.pem"]);
    removeContext(folder, "lab");
    expect(await listContexts(folder)).toEqual([]);
    expect(await failureOf(() => readContext(folder, "lab"))).toBe('context "lab": context not found');
  });
  test("one that is damaged or in a wrong place is listed with its problem", async () => {
    writeContext(folder, stored, undefined);
    const { meta } = foldersOf(folder, "bad");
    mkdirSync(meta, { recursive: true });
    writeFileSync(`${meta}/meta.json`, '{"Name": "lab"}');
    const other = foldersOf(folder, "cut");
    mkdirSync(other.meta, { recursive: true });
    writeFileSync(`${other.meta}/meta.json`, "{");
    const listed = await listContexts(folder);
    const problems = listed.flatMap((each) => ("problem" in each ? [each.problem] : [])).sort();
    expect(listed.filter((each) => !("problem" in each))).toEqual([stored]);
    expect(problems).toEqual([expect.stringContaining("holds no context of its name"), expect.stringContaining("line 1: this is no JSON")]);
  });
  test("names", () => {
    expect(["lab", "a1", "x_y.z+w-v"].map(complaintAbout)).toEqual([undefined, undefined, undefined]);
    for (const name of ["", "a", "default", ".x", "a/b", "a b", "../x"]) expect(complaintAbout(name)).toBeString();
    expect(["n10", "n2", "N", "n02", "a"].sort(compareNaturally)).toEqual(["N", "a", "n2", "n02", "n10"]);
  });

  describe("archives", () => {
    test("come back as they were", async () => {
      expect(await readArchive(writeArchive(stored, tls))).toEqual({ stored, tls });
    });
    const tar = (...files: readonly (readonly [name: string, text: string])[]): Uint8Array =>
      Buffer.concat([
        ...files.flatMap(([name, text]) => [
          formatTarEntry({ name, type: "file", sizeBytes: text.length }),
          Buffer.from(text),
          tarPadding(text.length),
        ]),
        tarEnd(),
      ]);
    test("docker's lack padding and end", async () => {
      const whole = Buffer.concat([formatTarEntry({ name: "meta.json", type: "file", sizeBytes: 15 }), Buffer.from('{"Name": "lab"}')]);
      expect((await readArchive(whole)).stored.name).toBe("lab");
      expect(await failureOf(() => readArchive(whole.subarray(0, whole.length - 1)))).toContain("unexpected EOF");
    });
    for (const name of ["etc/passwd", "tls/docker/../../x", "tls/../x", "tls/docker/..", "/meta.json", "tls/a/b/c"]) {
      test(`${name} has no place in one`, async () => {
        expect(await failureOf(() => readArchive(tar(["meta.json", "{}"], [name, "x"])))).toBe(`${name}: unexpected context file`);
      });
    }
    test("without a description of the context they are none", async () => {
      expect(await failureOf(() => readArchive(tar()))).toContain("no meta.json");
      expect(await failureOf(() => readArchive(tar(["meta.json", "["])))).toContain("no JSON");
      expect(await failureOf(() => readArchive(new TextEncoder().encode("x".repeat(600))))).toContain("invalid tar header");
    });
    test("zip archives too, packed or not, but no bombs", async () => {
      const meta = '{"Name":"lab"}';
      expect((await readArchive(zip("meta.json", Buffer.from(meta), 0))).stored.name).toBe("lab");
      expect((await readArchive(zip("meta.json", Buffer.from(meta), 8))).stored.name).toBe("lab");
      expect(await failureOf(() => readArchive(zip("meta.json", Buffer.alloc(50_000_000), 8)))).toContain("the zip archive cannot be read");
      expect(await failureOf(() => readArchive(zip("meta.json", Buffer.from(meta), 0).subarray(0, 40)))).toContain("its end is missing");
    });
  });
});

/** A zip archive with one file. */
function zip(name: string, content: Buffer, method: 0 | 8): Uint8Array {
  const data = method === 0 ? content : deflateRawSync(content);
  const local = Buffer.alloc(30 + name.length);
  local.writeUInt32LE(0x04034b50, 0);
  local.writeUInt16LE(name.length, 26);
  local.write(name, 30);
  const central = Buffer.alloc(46 + name.length);
  central.writeUInt32LE(0x02014b50, 0);
  central.writeUInt16LE(method, 10);
  central.writeUInt32LE(data.length, 20);
  central.writeUInt32LE(content.length, 24);
  central.writeUInt16LE(name.length, 28);
  central.write(name, 46);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(local.length + data.length, 16);
  return Buffer.concat([local, data, central, end]);
}
