import { pullImage } from "@berth/client";
import { familiarName, type NamedReference, withDefaultTag } from "@berth/spec";
import type { Context } from "../command.ts";

/** Has the engine fetch an image anew; progress goes to stderr. Throws what the engine says. */
export async function fetchImage(
  context: Context,
  image: { readonly name: NamedReference; readonly platform: string; readonly quiet: boolean },
): Promise<void> {
  const reference = withDefaultTag(image.name);
  const messages = await pullImage(context.engine, {
    name: familiarName(reference),
    tag: reference.digest ?? reference.tag ?? "",
    platform: image.platform,
  });
  for await (const { status, id, errorDetail } of messages) {
    if (errorDetail !== undefined) throw new Error(errorDetail.message);
    if (!image.quiet && status !== undefined) await context.stderr.write(`${id === undefined ? "" : `${id}: `}${status}\n`);
  }
}
