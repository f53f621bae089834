import { kindOf, messageOf } from "@berth/base";
import { inspectContainer, inspectImage, inspectNetwork, inspectVolume } from "@berth/client";
import type { Command, Context } from "../command.ts";
import { inspectAll, inspectFormatHelp } from "../format/inspect.ts";
import { StatusError } from "../status.ts";

type Lookup = (context: Context, name: string, size: boolean) => Promise<unknown>;

/** In the order in which a name is looked for. */
const kinds: readonly (readonly [string, Lookup])[] = [
  ["container", (context, name, size) => inspectContainer(context.engine, name, size)],
  ["image", (context, name) => inspectImage(context.engine, name)],
  ["network", (context, name) => inspectNetwork(context.engine, name)],
  ["volume", (context, name) => inspectVolume(context.engine, name)],
];

/** `berth inspect`. */
export const command: Command = {
  usage: "[OPTIONS] NAME|ID [NAME|ID...]",
  about: "Looks for a container of that name first, then for an image, a network and a volume; --type says which is meant.",
  flags: [
    { name: "format", short: "f", type: "string", values: ["json"], help: inspectFormatHelp },
    { name: "size", short: "s", type: "bool", help: "Count a container's files too: SizeRw and SizeRootFs, in bytes" },
    {
      name: "type",
      type: "string",
      values: ["container", "image", "network", "volume"],
      help: "Look only among: container, image, network or volume",
    },
  ],
  examples: [
    { line: "berth inspect -f '{{.State.Status}} {{.State.ExitCode}}' web", does: "Two values of a container" },
    { line: "berth inspect --type image -f '{{json .Config.Cmd}}' busybox", does: "What an image starts" },
    { line: "berth inspect web | head -n 3", does: "Everything, as JSON" },
    { line: "berth inspect nothing", does: "What is not there", code: 1 },
  ],
  seeAlso: ["container inspect", "image inspect", "network inspect"],
  min: 1,
  run: (context, parsed) => {
    const type = parsed.string("type");
    if (parsed.has("type") && type === "")
      throw new StatusError(1, 'type is empty: must be one of "container", "image", "network" or "volume"');
    const wanted = type === "" ? kinds : kinds.filter(([kind]) => kind === type);
    if (wanted.length === 0)
      throw new StatusError(1, `unknown type: ${JSON.stringify(type)}: must be one of "container", "image", "network" or "volume"`);
    return inspectAll(context, parsed.args, {
      format: parsed.string("format"),
      fetch: (name) => findAny({ context, name, size: parsed.bool("size"), wanted }),
    });
  },
};

async function findAny(search: { context: Context; name: string; size: boolean; wanted: typeof kinds }): Promise<unknown> {
  const { context, name, size, wanted } = search;
  for (const [, lookup] of wanted) {
    try {
      return await lookup(context, name, size);
    } catch (error) {
      // A name that this kind cannot have, or a kind that this engine does not know, is looked for further on.
      const goOn = kindOf(error) === "not-found" || /invalid reference format|not supported|page not found/.test(messageOf(error));
      if (!goOn) throw error;
    }
  }
  throw new StatusError(1, `No such ${wanted.length === 1 ? (wanted[0]?.[0] ?? "object") : "object"}: ${name}`);
}
