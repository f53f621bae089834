import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { berthCommand } from "../harness/engines.ts";
import { run, type RunResult } from "../harness/sandbox.ts";
import { makeAuthority, makeCertificate } from "../remote/pki.ts";

/** What `berth` follows: 28 and later. */
const docker = ["/usr/local/bin/docker", "/usr/bin/docker"].find(
  (file) => existsSync(file) && /version (2[89]|[3-9]\d)\./.test(Bun.spawnSync([file, "--version"]).stdout.toString()),
);
const folder = mkdtempSync(path.join(tmpdir(), "berth-contexts-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const pki = `${folder}/pki`;
beforeAll(async () => {
  await makeAuthority(pki);
  await makeCertificate(pki, { prefix: "", usage: "clientAuth", names: "DNS:client" });
}, 30_000);

const files = (): string => `ca=${pki}/ca.pem,cert=${pki}/cert.pem,key=${pki}/key.pem`;

/** A session; after each line both must have written the same to stdout, ended with the same code and left the same files. */
const session: readonly (() => readonly string[])[] = [
  () => ["ls"],
  () => ["show"],
  () => ["inspect"],
  () => ["create", "remote", "--docker", "host=tcp://192.0.2.1:2376,skip-tls-verify=true", "--description", "far <away>"],
  () => ["create", "remote", "--docker", "host=tcp://192.0.2.1:2376"],
  () => ["create", "bad name", "--docker", "host=tcp://x"],
  () => ["create", "default", "--docker", "host=tcp://x"],
  () => ["create", "secure", "--docker", `host=tcp://192.0.2.1:2376,${files()}`],
  () => ["create", "copy", "--from", "secure", "--description", "c"],
  () => ["create", "copy2", "--from", "secure"],
  () => ["create", "both", "--from", "secure", "--docker", "host=tcp://x:1"],
  () => ["create", "by-ssh", "--docker", "host=ssh://me@host.example:22"],
  () => ["create", "word", "--docker", "hst=tcp://x"],
  () => ["create", "flag", "--docker", "host"],
  () => ["create", "node10", "--docker", "host=tcp://x:1"],
  () => ["create", "node9", "--docker", "host=tcp://x:1"],
  () => ["ls"],
  () => ["ls", "-q"],
  () => ["ls", "--format", "json"],
  () => ["ls", "--format", "table {{.Name}}\t{{.DockerEndpoint}}\t{{.Current}}"],
  () => ["ls", "--format", "{{.Name}}{{if .Current}} *{{end}}"],
  () => ["use", "secure"],
  () => ["show"],
  () => ["ls"],
  () => ["inspect"],
  () => ["inspect", "remote", "copy", "default"],
  () => ["inspect", "-f", "{{.Name}} {{json .Endpoints}} {{.Storage.TLSPath}}", "copy"],
  () => ["inspect", "nothing"],
  () => ["rm", "secure"],
  () => ["rm", "nothing"],
  () => ["rm", "default"],
  () => ["update", "remote", "--description", "new"],
  () => ["update", "copy", "--docker", "host=tcp://192.0.2.9:1"],
  () => ["update", "nothing"],
  () => ["rm", "-f", "secure", "nothing"],
  () => ["show"],
  () => ["use", "nothing"],
  () => ["export", "copy2", "copy2.tar"],
  () => ["export", "copy2", "copy2.tar"],
  () => ["import", "again", "copy2.tar"],
  () => ["import", "again", "copy2.tar"],
  () => ["import", "passwd", "/etc/passwd"],
  () => ["ls"],
  () => ["rm", "again", "copy", "copy2"],
  () => ["rm"],
  () => ["show", "x"],
];

describe.skipIf(docker === undefined)("berth context is docker context", () => {
  const home = { berth: `${folder}/berth`, docker: `${folder}/docker` };
  const call = (who: "berth" | "docker", words: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<RunResult> => {
    mkdirSync(home[who], { recursive: true });
    // The default engine differs, so it is named.
    const variables = {
      HOME: home[who],
      DOCKER_CONFIG: `${home[who]}/settings`,
      DOCKER_HOST: "",
      BERTH_HOST: "",
      DOCKER_CONTEXT: "",
      ...env,
    };
    const program = who === "berth" ? berthCommand() : (docker ?? "");
    return run(["sh", "-c", `cd "$HOME" && exec "$0" "$@"`, program, ...words], { env: variables });
  };
  /** The path of the settings and of the default engine are the only things that may differ, and the width of a column with them. */
  const plain = (text: string): string =>
    text
      .replaceAll(home.berth, "HOME")
      .replaceAll(home.docker, "HOME")
      .replace(/unix:\/\/\/(run\/berth\/berth|var\/run\/docker)\.sock/g, "SOCKET")
      .replace(/ {2,}/g, "  ");

  function filesBelow(root: string): Record<string, string> {
    const found: Record<string, string> = {};
    if (!existsSync(`${root}/settings/contexts`)) return found;
    for (const name of readdirSync(`${root}/settings/contexts`, { recursive: true, encoding: "utf8" })) {
      const file = `${root}/settings/contexts/${name}`;
      if (statSync(file).isFile()) found[name] = `${(statSync(file).mode & 0o777).toString(8)} ${plain(readFileSync(file, "utf8"))}`;
    }
    return found;
  }

  test("in a session of all its commands", async () => {
    for (const line of session) {
      const words = ["context", ...line()];
      const [ours, theirs] = [await call("berth", words), await call("docker", words)];
      const told = (result: RunResult): object => ({ words, code: result.code, stdout: plain(result.stdout) });
      expect(told(ours)).toEqual(told(theirs));
      expect(ours.stderr === "").toBe(theirs.stderr === "");
      expect(filesBelow(home.berth)).toEqual(filesBelow(home.docker));
    }
    const used = (who: "berth" | "docker"): unknown =>
      (JSON.parse(readFileSync(`${home[who]}/settings/config.json`, "utf8")) as { currentContext?: string }).currentContext;
    expect([used("berth"), used("docker")]).toEqual([undefined, undefined]);
  }, 120_000);

  test("with a variable that goes before", async () => {
    const env = { DOCKER_HOST: "tcp://127.0.0.1:1" };
    for (const words of [["create", "here"], ["ls"], ["show"], ["inspect"], ["inspect", "here"]]) {
      const [ours, theirs] = [await call("berth", ["context", ...words], env), await call("docker", ["context", ...words], env)];
      expect([ours.code, ours.stdout.replaceAll(home.berth, home.docker)]).toEqual([theirs.code, theirs.stdout]);
    }
    expect((await call("berth", ["context", "ls"], env)).stderr).toContain("DOCKER_HOST is set and goes before the context in use");
  }, 30_000);

  test("each imports what the other exports", async () => {
    expect((await call("berth", ["context", "create", "ours", "--docker", `host=tcp://a:1,${files()}`])).code).toBe(0);
    expect((await call("berth", ["context", "export", "ours", `${folder}/ours.tar`])).code).toBe(0);
    expect((await call("docker", ["context", "import", "ours", `${folder}/ours.tar`])).code).toBe(0);
    expect((await call("docker", ["context", "export", "ours", `${folder}/theirs.tar`])).code).toBe(0);
    expect((await call("berth", ["context", "import", "theirs", `${folder}/theirs.tar`])).code).toBe(0);
    expect((await call("docker", ["context", "import", "theirs", `${folder}/theirs.tar`])).code).toBe(0);
    expect(filesBelow(home.berth)).toEqual(filesBelow(home.docker));
  }, 30_000);
});

test("--docker from= copies keys too; docker leaves them out, and the copy is of no use", async () => {
  const home = `${folder}/copying`;
  const berth = (...words: string[]): Promise<RunResult> =>
    run([berthCommand(), "context", ...words], { env: { DOCKER_CONFIG: home, HOME: home } });
  expect((await berth("create", "first", "--docker", `host=tcp://a:1,${files()}`)).code).toBe(0);
  expect((await berth("create", "second", "--docker", "from=first")).code).toBe(0);
  expect((await berth("inspect", "-f", "{{json .TLSMaterial}}", "second")).stdout).toBe('{"docker":["ca.pem","cert.pem","key.pem"]}\n');
});

describe("settings", () => {
  const home = `${folder}/settings-home`;
  const berth = (words: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<RunResult> =>
    run([berthCommand(), ...words], { env: { HOME: home, DOCKER_CONFIG: "", DOCKER_HOST: "", BERTH_HOST: "", ...env } });
  const write = (text: string): void => {
    mkdirSync(`${home}/.docker`, { recursive: true });
    writeFileSync(`${home}/.docker/config.json`, text);
  };

  test("that are broken are told with file, line and what to do, and are not replaced", async () => {
    write('{\n  "psFormat": "x"\n  "auths": {}\n}\n');
    for (const words of [["ps"], ["context", "ls"], ["context", "use", "default"]]) {
      const { code, stdout, stderr } = await berth(words);
      expect([code, stdout]).toEqual([1, ""]);
      expect(stderr).toContain(`${home}/.docker/config.json: line 3: this is no JSON`);
      expect(stderr).toContain("name another folder with --config");
    }
    expect(readFileSync(`${home}/.docker/config.json`, "utf8")).toContain('"auths": {}');
    expect((await berth(["--config", `${folder}/none`, "context", "show"])).stdout).toBe("default\n");
    expect((await berth(["completion", "bash"], { DOCKER_CONFIG: `${folder}/none` })).code).toBe(0);
  });

  test("send their headers with every request, and proxies with every container", async () => {
    const requests: { readonly path: string; readonly header: string | null; readonly body: string }[] = [];
    using server = Bun.serve({
      unix: `${folder}/recording.sock`,
      fetch: async (request) => {
        const { pathname } = new URL(request.url);
        requests.push({ path: pathname, header: request.headers.get("x-team"), body: await request.text() });
        if (pathname.endsWith("/create")) return Response.json({ Id: "f".repeat(64), Warnings: [] }, { status: 201 });
        return Response.json([]);
      },
    });
    const host = `unix://${folder}/recording.sock`;
    write(
      JSON.stringify({
        HttpHeaders: { "X-Team": "blue" },
        proxies: { default: { httpProxy: "http://no" }, [host]: { httpProxy: "http://proxy:3128", noProxy: "localhost" } },
      }),
    );
    expect(await berth(["-H", host, "ps", "-q"])).toEqual({ code: 0, stdout: "", stderr: "" });
    expect((await berth(["-H", host, "create", "-e", "NO_PROXY=mine", "busybox"])).stdout).toBe(`${"f".repeat(64)}\n`);
    expect(requests.map(({ header }) => header)).toEqual(["blue", "blue"]);
    expect((JSON.parse(requests[1]?.body ?? "{}") as { Env?: string[] }).Env).toEqual([
      "NO_PROXY=mine",
      "HTTP_PROXY=http://proxy:3128",
      "http_proxy=http://proxy:3128",
      "no_proxy=localhost",
    ]);
    expect(server.hostname).toBeUndefined();
  });
});

describe("what the user may have meant", () => {
  const cases: readonly (readonly [words: readonly string[], code: number, says: string])[] = [
    [["pss"], 1, "Did you mean 'berth ps'?"],
    [["contxt"], 1, "Did you mean 'berth context'?"],
    [["context", "lss"], 1, "Did you mean 'berth context ls'?"],
    [["container", "strat"], 1, "Did you mean 'berth container start'?"],
    [["ps", "--al"], 125, "Did you mean --all?"],
    [["context", "ls", "--frmat", "x"], 125, "Did you mean --format?"],
    [["--hots", "x", "ps"], 125, "Did you mean --host?"],
    [["completion", "tcsh"], 125, "bash, zsh and fish are known"],
  ];
  for (const [words, code, says] of cases) {
    test(words.join(" "), async () => {
      const result = await run([berthCommand(), ...words], { env: { BERTH_HOST: "unix:///nowhere", HOME: folder } });
      expect([result.code, result.stdout]).toEqual([code, ""]);
      expect(result.stderr).toContain(says);
    });
  }
});
