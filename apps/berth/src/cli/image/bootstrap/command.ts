import type { Readable } from "node:stream";
import { parseArgs } from "node:util";
import { fail, messageOf } from "@berth/base";
import { familiarName, type ProgressMessage, parseReference, withDefaultTag } from "@berth/spec";
import { flagHelp } from "../../args/help.ts";
import { bootstrapBusybox } from "./busybox.ts";
import { bootstrapDebian } from "./debian.ts";
import { bootstrapFlags } from "./flags.ts";

const usage = `Usage:  berth image bootstrap [OPTIONS] busybox|debian

Make a starter image on a machine without a registry

Options:
${flagHelp(bootstrapFlags, 80)}`;

/**
 * `berth image bootstrap`: makes a root file system on the client's machine and imports it through the Engine API.
 * @param args what follows `image bootstrap`
 * @param post sends a request with a body and gives the progress messages of the answer
 * @param print writes a line for the user
 * @returns the exit code: 0, 1 when it failed, 125 for wrong usage
 */
export async function runBootstrap(
  args: readonly string[],
  post: (path: string, body: Readable) => Promise<AsyncIterable<ProgressMessage>>,
  print: (line: string) => void,
): Promise<number> {
  let wanted: Wanted;
  try {
    const parsed = parse(args);
    if (parsed === null) {
      print(usage);
      return 0;
    }
    wanted = parsed;
  } catch (error) {
    print(`${messageOf(error)}\n\n${usage}`);
    return 125;
  }
  try {
    await bootstrap(wanted, post, print);
    return 0;
  } catch (error) {
    print(messageOf(error));
    return 1;
  }
}

interface Wanted {
  readonly kind: "busybox" | "debian";
  readonly mirror: string | null;
  readonly suite: string | null;
  readonly repository: string;
  readonly tag: string;
}

function parse(args: readonly string[]): Wanted | null {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      mirror: { type: "string" },
      suite: { type: "string" },
      tag: { type: "string", short: "t" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help === true) return null;
  const [kind, ...more] = positionals;
  if ((kind !== "busybox" && kind !== "debian") || more.length > 0)
    throw fail("invalid", '"berth image bootstrap" needs exactly one of busybox and debian');
  if (kind === "busybox" && (values.mirror !== undefined || values.suite !== undefined))
    throw fail("invalid", "--mirror and --suite are for debian");
  if (values.mirror !== undefined && !/^[a-z+]+:\/\/?[^\s]+$/.test(values.mirror)) throw fail("invalid", "--mirror needs an address");
  if (values.suite !== undefined && !/^[a-z][a-z0-9.-]*$/.test(values.suite)) throw fail("invalid", "--suite needs the name of a release");
  const name = withDefaultTag(parseReference(values.tag ?? kind));
  if (name.digest !== null) throw fail("invalid", "--tag needs a name, not a digest");
  return { kind, mirror: values.mirror ?? null, suite: values.suite ?? null, repository: familiarName(name), tag: name.tag ?? "" };
}

async function bootstrap(
  wanted: Wanted,
  post: (path: string, body: Readable) => Promise<AsyncIterable<ProgressMessage>>,
  print: (line: string) => void,
): Promise<void> {
  const archive = wanted.kind === "busybox" ? await bootstrapBusybox() : (await bootstrapDebian({ ...wanted, print })).archive;
  const query = new URLSearchParams({
    fromSrc: "-",
    repo: wanted.repository,
    tag: wanted.tag,
    message: `Made by berth image bootstrap ${wanted.kind}`,
  });
  query.append("changes", wanted.kind === "busybox" ? 'CMD ["sh"]' : 'CMD ["bash"]');
  // A failure while the archive is made ends the request; what is said then is that failure, not the broken connection.
  let broken: Error | null = null;
  archive.once("error", (error) => {
    broken = error;
  });
  try {
    for await (const { status, errorDetail } of await post(`/images/create?${query.toString()}`, archive)) {
      if (errorDetail !== undefined) throw fail("unavailable", errorDetail.message);
      if (status !== undefined) print(status);
    }
  } catch (error) {
    throw broken ?? error;
  } finally {
    archive.destroy();
  }
  print(`Made image: ${wanted.repository}:${wanted.tag}`);
}
