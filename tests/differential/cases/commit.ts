import type { CaseContext, DifferentialCase } from "../case.ts";

type Json = Record<string, unknown>;

/** An image of a container, without what differs by nature: ids, digests of the layer, the engine's own version. */
async function seeImage({ api, see }: CaseContext, label: string, name: string): Promise<void> {
  const {
    RootFS,
    DockerVersion: _,
    Size: __,
    VirtualSize: ___,
    Id: ____,
    ContainerConfig,
    Config,
    ...image
  } = (await api.get(`/images/${name}/json`)).json<Json>();
  see(`${label}: image`, image);
  see(`${label}: config`, Config);
  see(`${label}: container config`, ContainerConfig);
  see(`${label}: layers`, (RootFS as { Layers: string[] }).Layers.length);
  const history = (await api.get(`/images/${name}/history`)).json<Json[]>();
  see(
    `${label}: history`,
    history.map((row) => ({ ...row, Id: "", Size: Number(row["Size"]) > 0 })),
  );
}

async function commit(context: CaseContext, query: string, body?: unknown): Promise<{ status: number; keys: string[]; message: string }> {
  const answer = await context.api.post(`/commit?${query}`, body);
  const json = answer.json<Json>();
  return { status: answer.status, keys: Object.keys(json), message: String(json["message"] ?? "") };
}

/** Images that are made of containers. */
export const commits: readonly DifferentialCase[] = [
  {
    name: "commit: what a container became, and a container of that",
    run: async (context) => {
      const { start, create, api, see, untilStatus } = context;
      const work = "mkdir /made && echo hi >/made/f && rm /etc/group && chown 5:6 /made/f && ln /made/f /made/g && mknod /made/null c 1 3";
      await start("c1", {
        Cmd: ["sh", "-c", work],
        Env: ["A=1"],
        Labels: { l: "v" },
        WorkingDir: "/srv",
        ExposedPorts: { "80/tcp": {} },
        HostConfig: { Binds: ["vol:/data"] },
      });
      await untilStatus("c1", "exited");
      see("commit", await commit(context, "container=c1&repo=made&tag=1&comment=a%20note&author=ann"));
      await seeImage(context, "plain", "made:1");
      await create("c2", { Image: "made:1", Cmd: ["true"] });
      const list = async (path: string): Promise<unknown> => {
        const answer = await api.get(`/containers/c2/archive?path=${path}`);
        return { status: answer.status, size: answer.body.length };
      };
      see("made", await list("/made"));
      see("deleted", await list("/etc/group"));
      see("still there", await list("/etc/passwd"));
      await api.delete("/containers/c2");
      see(
        "removed",
        (await api.delete("/images/made:1")).json<Json[]>().map((item) => Object.keys(item)),
      );
    },
  },
  {
    name: "commit: changes and a body",
    run: async (context) => {
      const { create, api, see } = context;
      await create("c1", { Cmd: ["echo", "one"], Env: ["A=1", "B=2"], User: "7" });
      const changes = [
        'CMD ["a","b"]',
        "ENV A=9 C=3",
        "LABEL x=y",
        "EXPOSE 81",
        "WORKDIR /w",
        "USER 5",
        'ENTRYPOINT ["e"]',
        "VOLUME /data",

        "HEALTHCHECK NONE",
        "ONBUILD RUN x",
      ];
      see(
        "changes",
        await commit(context, `container=c1&repo=changed&${changes.map((change) => `changes=${encodeURIComponent(change)}`).join("&")}`),
      );
      await seeImage(context, "changes", "changed");
      see("body", await commit(context, "container=c1&repo=bodied", { Env: ["Z=1"], Cmd: ["z"], Labels: { k: "v" } }));
      await seeImage(context, "body", "bodied");
      see("again", await commit(context, "container=c1&repo=bodied", null));
      for (const name of ["changed", "bodied"]) await api.delete(`/images/${name}?force=1`);
      for (const { Id, RepoTags } of (await api.get("/images/json?all=1")).json<{ Id: string; RepoTags: string[] | null }[]>())
        if (!(RepoTags ?? []).some((tag) => tag.startsWith("busybox"))) await api.delete(`/images/${Id}?force=1`);
    },
  },
  {
    name: "commit: refusals",
    run: async (context) => {
      const { create, see } = context;
      await create("c1");
      see("no container", await commit(context, "container=nope"));
      see("bad change", (await commit(context, "container=c1&changes=RUN%20x")).status >= 400);
      see("bad name", (await commit(context, "container=c1&repo=UPPER")).status >= 400);
    },
  },
  {
    name: "commit: events, with and without a pause",
    run: async (context) => {
      const { start, see, events, api } = context;
      await start("c1", { Cmd: ["sleep", "1000"] });
      see("paused", await events(async () => void (await commit(context, "container=c1&repo=e1&comment=note")), ["comment", "imageRef"]));
      see("not paused", await events(async () => void (await commit(context, "container=c1&repo=e2&pause=0"))));
      see("runs", (await api.get("/containers/c1/json")).json<{ State: { Status: string } }>().State.Status);
      see("cli", (await context.cli(["commit", "-a", "ann", "-m", "msg", "-c", "ENV X=1", "c1", "e3:tag"])).code);
      see("cli, not paused", (await context.cli(["commit", "--pause=false", "c1", "e4"])).code);
      for (const name of ["e1", "e2", "e3:tag", "e4"]) await api.delete(`/images/${name}?force=1`);
    },
  },
];
