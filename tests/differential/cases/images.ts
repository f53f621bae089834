import { directory, file, tar } from "../../harness/busybox-image.ts";
import type { DifferentialCase } from "../case.ts";

/** Images: list, inspect, history, tag, remove, import, save, load. */
export const images: readonly DifferentialCase[] = [
  {
    name: "images: list, inspect, history",
    run: async ({ api, see }) => {
      see("list", (await api.get("/images/json")).json());
      see("inspect", (await api.get("/images/busybox/json")).json());
      see("history", (await api.get("/images/busybox/history")).json());
      see("by prefix", (await api.get("/images/busybox:latest/json")).json<{ Id: string }>().Id);
      for (const filters of [
        { reference: ["busy*"] },
        { reference: ["nope"] },
        { dangling: ["true"] },
        { label: ["x"] },
        { reference: ["busybox:latest"] },
      ])
        see(
          JSON.stringify(filters),
          (await api.get(`/images/json?filters=${encodeURIComponent(JSON.stringify(filters))}`)).json<unknown[]>().length,
        );
    },
  },
  {
    name: "images: tag and remove",
    run: async ({ api, create, see, imageId }) => {
      const show = async (label: string, method: string, path: string): Promise<void> => {
        const answer = await api.request(path, { method });
        see(label, { status: answer.status, text: answer.text });
      };
      await show("tag", "POST", "/images/busybox/tag?repo=example.org/team/app&tag=v1");
      await show("tag default", "POST", "/images/busybox/tag?repo=app2");
      await show("tag again", "POST", "/images/busybox/tag?repo=app2");
      await show("bad name", "POST", "/images/busybox/tag?repo=UPPER");
      await show("bad tag", "POST", "/images/busybox/tag?repo=x&tag=%21");
      see(
        "names",
        (await api.get("/images/json")).json<{ RepoTags: string[] }[]>().map((row) => [...row.RepoTags].sort()),
      );
      await create("t1");
      await show("remove by id with several names", "DELETE", `/images/${imageId}`);
      await show("untag", "DELETE", "/images/example.org/team/app:v1");
      await show("untag twice", "DELETE", "/images/example.org/team/app:v1");
      await show("untag app2", "DELETE", "/images/app2");
      await show("used by a created container", "DELETE", "/images/busybox");
      await show("by id, used", "DELETE", `/images/${imageId}`);
    },
  },
  {
    name: "images: import with changes, then remove",
    run: async ({ api, see, create }) => {
      const archive = tar([directory("etc/"), file("etc/greeting", Buffer.from("hello\n"))]);
      const changes = [
        'CMD ["a","b"]',
        "ENV X=1 Y=2",
        "LABEL l=v",
        "EXPOSE 80/tcp",
        "WORKDIR /etc",
        "USER 5",
        "ENTRYPOINT echo hi",
        "VOLUME /data",
      ];
      const query = `fromSrc=-&repo=made&tag=1&message=note&${changes.map((change) => `changes=${encodeURIComponent(change)}`).join("&")}`;
      const answer = await api.request(`/images/create?${query}`, {
        method: "POST",
        raw: archive,
        headers: { "Content-Type": "application/x-tar" },
      });
      see("answer", { status: answer.status, lines: answer.text.split("\n").length, type: answer.headers["content-type"] });
      const inspect = (await api.get("/images/made:1/json")).json<Record<string, unknown>>();
      see("inspect", { ...inspect, Id: "", GraphDriver: "", RepoTags: inspect["RepoTags"], Container: "", ContainerConfig: "" });
      const history = await api.get("/images/made:1/history");
      see(
        "history",
        history.text.startsWith("[") ? history.json<Record<string, unknown>[]>().map((row) => ({ ...row, Id: "" })) : history.text,
      );
      await create("t1", { Image: "made:1" });
      const config = (await api.get("/containers/t1/json")).json<{ Config: unknown; Path: string; Args: string[] }>();
      see("container", { config: config.Config, path: config.Path, args: config.Args });
      await api.delete("/containers/t1?v=1");
      const removed = (await api.delete("/images/made:1")).json<Record<string, string>[]>();
      see(
        "removed",
        removed.map((item) => Object.keys(item)),
      );
    },
  },
  {
    name: "images: bad changes and bad archives",
    run: async ({ api, see }) => {
      const archive = tar([directory("etc/")]);
      for (const change of ["BOGUS x", "RUN true", "CMD"]) {
        const answer = await api.request(`/images/create?fromSrc=-&repo=bad&changes=${encodeURIComponent(change)}`, {
          method: "POST",
          raw: archive,
          headers: { "Content-Type": "application/x-tar" },
        });
        see(change, { status: answer.status, refused: answer.status >= 400 || answer.text.includes("errorDetail") });
      }
      await api.delete("/images/bad?force=1");
      const junk = await api.request("/images/load", {
        method: "POST",
        raw: "this is no archive",
        headers: { "Content-Type": "application/x-tar" },
      });
      see("load of junk", { status: junk.status, refused: junk.status >= 400 || junk.text.includes("errorDetail") });
      const empty = await api.request("/images/load", {
        method: "POST",
        raw: tar([directory("x/")]),
        headers: { "Content-Type": "application/x-tar" },
      });
      see("load of an archive without a manifest", { refused: empty.status >= 400 || empty.text.includes("errorDetail") });
      see("still the same images", (await api.get("/images/json")).json<unknown[]>().length);
    },
  },
  {
    name: "images: save, remove, load gives the same image",
    run: async ({ api, see, imageId }) => {
      const archive = (await api.get("/images/busybox/get")).body;
      see("is a tar", archive.subarray(257, 262).toString());
      await api.post("/images/busybox/tag?repo=second");
      const removed = await api.delete("/images/busybox?force=1");
      see("removed", removed.json());
      see("second stays", (await api.get("/images/second/json")).json<{ Id: string }>().Id === imageId);
      const load = await api.request("/images/load", { method: "POST", raw: archive, headers: { "Content-Type": "application/x-tar" } });
      see("loaded", { status: load.status, last: load.text.trim().split("\n").at(-1) });
      see("same", (await api.get("/images/busybox/json")).json<{ Id: string }>().Id === imageId);
      see("cleaned", (await api.delete("/images/second")).json());
    },
  },
];
