import { STATUS_CODES } from "node:http";
import { kindOf, messageOf } from "@berth/base";
import { rawStreamType } from "@berth/spec";
import type { CallHandler } from "../../call/call.ts";
import { statusOfError } from "../../call/errors.ts";
import { streamType } from "../../gates/stream.ts";
import { carrySession } from "../../streams/session.ts";

/**
 * POST /containers/{name}/attach: takes the connection over. Nothing is answered before the session is registered, so that a client that
 * attaches before the start loses no byte. Errors are written as dockerd writes them: plain text on a connection that is closed.
 */
export const attachContainer: CallHandler = async ({ engine, log }, { request, reply, path, query, version }) => {
  const stdin = query.flag("stdin");
  let session: Awaited<ReturnType<typeof engine.containers.attach>>;
  try {
    session = await engine.containers.attach(path("name"), {
      stdin,
      stdout: query.flag("stdout"),
      stderr: query.flag("stderr"),
      stream: query.flag("stream"),
      logs: query.flag("logs"),
      detachKeys: query.textOrNull("detachKeys"),
    });
  } catch (error) {
    const status = statusOfError(error);
    if (kindOf(error) === "internal") log.error("attach failed", { container: path("name"), error });
    const refused = reply.hijack(`HTTP/1.1 ${String(status)} ${STATUS_CODES[status] ?? ""}\r\nContent-Type: ${rawStreamType}\r\n\r\n`);
    await refused.write(`${messageOf(error)}\r\n`).catch(() => undefined);
    refused.end();
    return;
  }
  const framed = !session.tty;
  const head = request.upgrade
    ? `HTTP/1.1 101 UPGRADED\r\nContent-Type: ${streamType({ framed, version })}\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n`
    : `HTTP/1.1 200 OK\r\nContent-Type: ${rawStreamType}\r\n\r\n`;
  // Without an upgrade the request's body is all that comes in; none is no end of input.
  const carriesInput = stdin && (request.upgrade || request.bodyLength !== 0);
  await carrySession({ session, connection: reply.hijack(head), stdin: carriesInput, framed });
};
