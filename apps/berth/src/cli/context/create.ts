import { fail } from "@berth/base";
import type { Parsed } from "../args/parse.ts";
import type { Command, Context } from "../command.ts";
import { contextParts, descriptionFlag, endpointFlag, readEndpoint } from "./endpoint-flag.ts";
import { complaintAbout, engineEndpoint, type StoredContext, type TlsFiles } from "./store/stored.ts";
import { contextExists, writeContext } from "./store/write.ts";

/** `berth context create`. */
export const command: Command = {
  usage: "[OPTIONS] CONTEXT",
  flags: [
    descriptionFlag,
    endpointFlag,
    { name: "from", type: "string", help: "Copy this context, with its certificates", valueName: "context", values: "context" },
  ],
  examples: [
    {
      line: "berth context create lab --docker host=tcp://192.0.2.7:2375",
      does: "Name an engine that listens on TCP",
    },
    {
      line: "berth context create staging --docker host=ssh://root@staging.example",
      does: "One that is reached by ssh, with the keys ssh has",
    },
    { line: "berth context create tools --docker host=unix:///run/user/1000/berth.sock", does: "One on this machine" },
    { line: "berth context ls", does: "They are listed with the default one" },
  ],
  about:
    "Nothing is connected; the name is written to the folder that docker's contexts are in, and docker's own command line knows it too. For TLS the files named by ca, cert and key are copied.",
  seeAlso: ["context use", "context ls", "context update"],
  local: true,
  min: 1,
  max: 1,
  run: async (context, parsed) => {
    const name = parsed.arg(0);
    const complaint = complaintAbout(name);
    if (complaint !== undefined) throw fail("invalid", complaint);
    const { directory } = context.config;
    if (contextExists(directory, name)) throw fail("conflict", `context ${JSON.stringify(name)} already exists`);
    const { stored, tls } = await partsOf(context, parsed);
    const description = parsed.string("description");
    const metadata = description === "" ? stored.metadata : { ...stored.metadata, Description: description };
    writeContext(directory, { ...stored, name, metadata }, tls);
    await context.stdout.write(`${name}\n`);
    await context.stderr.write(`Successfully created context "${name}"\n`);
    return 0;
  },
};

async function partsOf(context: Context, parsed: Parsed): Promise<{ stored: StoredContext; tls: TlsFiles }> {
  const from = parsed.string("from");
  if (!parsed.has("docker")) return contextParts(context, from || context.contextName);
  if (from !== "") throw fail("invalid", "cannot use --docker flag when --from is set");
  const { endpoint, tls } = await readEndpoint(context, parsed.list("docker"));
  return { stored: { name: "", metadata: {}, endpoints: { [engineEndpoint]: endpoint } }, tls };
}
