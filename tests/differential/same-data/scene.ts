import { mkdirSync, writeFileSync } from "node:fs";
import { buildBusyboxImage, buildImage, file } from "../../harness/busybox-image.ts";
import { loadImage, type RunningEngine } from "../../harness/engines.ts";
import { until, type Sandbox } from "../../harness/sandbox.ts";

/** Creates and starts a container of busybox. */
export async function startContainer(engine: RunningEngine, name: string, body: Readonly<Record<string, unknown>>): Promise<void> {
  for (const [path, what] of [
    [`create?name=${name}`, { Image: "busybox", ...body }],
    [`${name}/start`, undefined],
  ] as const) {
    const answer = await engine.api.post(`/containers/${path}`, what);
    if (answer.status >= 300) throw new Error(`${path}: ${answer.status} ${answer.text}`);
  }
}

/** Removes every container; a frozen one cannot end by itself. */
export async function removeContainers({ api }: RunningEngine): Promise<void> {
  await api.post("/containers/frozen/unpause");
  for (const { Id } of (await api.get("/containers/json?all=1")).json<{ Id: string }[]>())
    await api.delete(`/containers/${Id}?force=1&v=1`);
}

/** Containers, images and networks that the lines speak of. */
export async function prepareScene(engine: RunningEngine, sandbox: Sandbox): Promise<void> {
  const { api } = engine;
  const send = async (path: string, body: unknown = undefined): Promise<void> => {
    const answer = await api.post(path, body);
    if (answer.status >= 300) throw new Error(`${path}: ${answer.status} ${answer.text}`);
  };
  const create = (name: string, body: Readonly<Record<string, unknown>>): Promise<void> =>
    send(`/containers/create?name=${name}`, { Image: "busybox", ...body });
  await loadImage(engine, buildBusyboxImage("busybox:latest").archive);
  const layer = [file("etc/second", Buffer.from("second layer\n".repeat(1000)))];
  await loadImage(
    engine,
    buildImage("localhost:5000/some/tools:2", {
      layers: [[file("etc/first", Buffer.alloc(12_345, 1))], layer],
      config: { Labels: { kind: "tool" } },
    }).archive,
  );
  await loadImage(engine, buildImage("nameless:1", { layers: [[file("etc/nameless", Buffer.alloc(5, 1))]] }).archive);
  await send("/images/busybox/tag?repo=tools&tag=1");
  await send("/images/busybox/tag?repo=localhost:5000/busybox&tag=a-rather-long-tag_0.1.2-beta");
  await create("keeps", { Image: "nameless:1", Cmd: ["none"] });
  await api.delete("/images/nameless:1?force=1");
  await send("/networks/create", { Name: "apart", Internal: true, Labels: { of: "li=nes" }, CheckDuplicate: true });

  await create("web", {
    Cmd: ["sh", "-c", "echo one; echo two >&2; exec sleep 100000"],
    Hostname: "webhost",
    Labels: { a: "<b>", "com.example.some-name": "the label", empty: "" },
    Env: ["A=1", "B=two words"],
    ExposedPorts: { "80/tcp": {}, "81/tcp": {}, "53/udp": {}, "9000/tcp": {} },
    HostConfig: {
      PortBindings: {
        "80/tcp": [{ HostIp: "0.0.0.0", HostPort: "18080" }],
        "81/tcp": [{ HostIp: "0.0.0.0", HostPort: "18081" }],
        "53/udp": [{ HostIp: "127.0.0.1", HostPort: "10053" }],
      },
      Binds: ["stored:/data", "/etc/apt:/mnt/a/long/target/folder:ro"],
      Memory: 67_108_864,
      RestartPolicy: { Name: "on-failure", MaximumRetryCount: 3 },
    },
  });
  await create("done", { Cmd: ["sh", "-c", "echo left; exit 3"] });
  await create("created", { Cmd: ["sleep", "5"], Entrypoint: ["/bin/a-very-long-program-name-that-is-cut-off"] });
  await create("frozen", { Cmd: ["sleep", "100000"], HostConfig: { NetworkMode: "none" } });
  await create("inside", { Image: "tools:1", Cmd: ["sleep", "100000"], HostConfig: { NetworkMode: "host" } });
  for (const name of ["web", "done", "frozen", "inside"]) await send(`/containers/${name}/start`);
  await send("/containers/done/wait");
  await send("/containers/frozen/pause");
  await until(async () => (await api.get("/containers/web/logs?stdout=1&stderr=1")).text.includes("two"), 30_000, "web did not write");
  const made = await api.post("/containers/web/exec", { Cmd: ["sh", "-c", "mkdir /made; echo x >/made/file; rm /etc/noexec"] });
  await send(`/exec/${made.json<{ Id: string }>().Id}/start`, { Detach: false });

  const settings = `${sandbox.folder}/settings`;
  mkdirSync(settings);
  const formats = { psFormat: "table {{.Names}}\\t{{.State}}", imagesFormat: "{{.ID}} {{.Tag}}", networksFormat: "{{.Name}}" };
  writeFileSync(`${settings}/config.json`, JSON.stringify(formats));
}
