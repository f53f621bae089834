import { rawStreamType, isAtLeast } from "@berth/spec";
import { type Call, type CallHandler, readJson } from "../../call/call.ts";
import { streamType } from "../../gates/stream.ts";
import { execStartRequest } from "../../shapes/exec.ts";
import { carrySession } from "../../streams/session.ts";

interface StartBody {
  readonly Detach?: boolean;
  readonly Tty?: boolean;
  readonly ConsoleSize?: readonly number[];
}

/** POST /exec/{id}/start: takes the connection over unless detached. What fails before is an ordinary error. */
export const startExec: CallHandler = async ({ engine }, call) => {
  const { request, reply, version } = call;
  const body = (await readJson<StartBody>(call, execStartRequest)) ?? {};
  const tty = body.Tty === true;
  const session = await engine.execs.start(call.path("id"), {
    detach: body.Detach === true,
    tty,
    consoleSize: tty && isAtLeast(version, "1.42") ? sizeOf(body.ConsoleSize) : null,
  });
  if (session === null) {
    reply.send(200);
    return;
  }
  const framed = !session.tty;
  const head = request.upgrade
    ? `HTTP/1.1 101 UPGRADED\r\nContent-Type: ${streamType({ framed, version })}\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n`
    : `HTTP/1.1 200 OK\r\nContent-Type: ${rawStreamType}\r\n`;
  const connection = reply.hijack(`${head}${commonHeaders(call)}\r\n`);
  await carrySession({ session, connection, stdin: request.upgrade, framed });
};

/** dockerd repeats the headers of every answer here, though not for attach. */
function commonHeaders(call: Call): string {
  return [...call.reply.headers]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join("");
}

function sizeOf(size: readonly number[] | undefined): readonly [number, number] | null {
  const [rows, columns] = size ?? [];
  return rows === undefined || columns === undefined ? null : [rows, columns];
}
