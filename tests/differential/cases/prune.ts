import type { DifferentialCase } from "../case.ts";

/** Removing what does not run. */
export const prune: readonly DifferentialCase[] = [
  {
    name: "prune: containers, with filters",
    run: async ({ api, create, start, see, events, untilStatus }) => {
      const path = (filters: object): string => `/containers/prune?filters=${encodeURIComponent(JSON.stringify(filters))}`;
      const say = async (filters: object): Promise<unknown> => {
        const { status, text } = await api.post(path(filters));
        return { status, text };
      };
      await start("running", { Cmd: ["sleep", "600"] });
      await create("kept", { Labels: { keep: "" } });
      await create("wrote", { Cmd: ["sh", "-c", "echo 12345 > /x"], Labels: { a: "b" } });
      for (const filters of [{ bogus: ["1"] }, { until: ["bogus"] }, { until: ["1h", "2h"] }, { until: ["1h"] }, { label: ["a=c"] }]) {
        see(JSON.stringify(filters), await say(filters));
      }
      see(
        "events",
        await events(async () => {
          await api.post("/containers/wrote/start");
          await untilStatus("wrote", "exited");
          see("label!", await say({ "label!": ["keep"] }));
        }, ["reclaimed"]),
      );
      see("until", await say({ until: ["2099-01-01T00:00:00Z"], label: ["keep"] }));
      see(
        "left",
        (await api.get("/containers/json?all=1")).json<{ Names: string[] }[]>().map(({ Names }) => Names),
      );
    },
  },
  {
    name: "prune: containers, by the command line",
    run: async ({ cli, create, see }) => {
      see("nothing", (await cli(["container", "prune", "-f"])).stdout);
      const id = await create("one");
      see("one", (await cli(["container", "prune", "--force", "--filter", "until=2099-01-01"])).stdout.replace(id, "<id>"));
      await create("two", { Labels: { keep: "yes" } });
      see("kept", (await cli(["container", "prune", "-f", "--filter", "label!=keep"])).stdout);
      see("answered", (await cli(["container", "prune"], { input: "y\n" })).stdout.replace(/[0-9a-f]{64}/, "<id>"));
    },
  },
];
