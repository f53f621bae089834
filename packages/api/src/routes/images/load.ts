import type { CallHandler } from "../../call/call.ts";
import { sendProgress } from "../../streams/progress.ts";

/** POST /images/load. Errors are told in-band, with status 200, as dockerd does. */
export const loadImages: CallHandler = async ({ images }, call) => {
  const { request, query } = call;
  const messages = images.load(request.body, { quiet: query.flagOr("quiet", true), signal: request.signal });
  await sendProgress(call, messages, { errorsInBand: true });
};
