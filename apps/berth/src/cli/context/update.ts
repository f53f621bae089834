import { fail } from "@berth/base";
import type { Command } from "../command.ts";
import { descriptionFlag, endpointFlag, readEndpoint } from "./endpoint-flag.ts";
import { readContext } from "./store/read.ts";
import { complaintAbout, engineEndpoint } from "./store/stored.ts";
import { writeContext } from "./store/write.ts";

/** `berth context update`. */
export const command: Command = {
  usage: "[OPTIONS] CONTEXT",
  flags: [descriptionFlag, endpointFlag],
  examples: [
    { line: "berth context create attic --docker host=tcp://192.0.2.7:2375", does: "A context" },
    { line: "berth context update attic --description 'moved upstairs'", does: "Describe it; the rest stays" },
    { line: "berth context update attic --docker host=tcp://192.0.2.8:2375", does: "Another address; certificates of before go" },
  ],
  seeAlso: ["context create", "context inspect"],
  local: true,
  min: 1,
  max: 1,
  run: async (context, parsed) => {
    const name = parsed.arg(0);
    const complaint = complaintAbout(name);
    if (complaint !== undefined) throw fail("invalid", complaint);
    const { directory } = context.config;
    const before = await readContext(directory, name);
    const parts = parsed.has("docker") ? await readEndpoint(context, parsed.list("docker")) : undefined;
    const description = parsed.string("description");
    const metadata = description === "" ? before.metadata : { ...before.metadata, Description: description };
    const endpoints = parts === undefined ? before.endpoints : { ...before.endpoints, [engineEndpoint]: parts.endpoint };
    writeContext(directory, { name, metadata, endpoints }, parts?.tls);
    await context.stdout.write(`${name}\n`);
    await context.stderr.write(`Successfully updated context "${name}"\n`);
    return 0;
  },
};
