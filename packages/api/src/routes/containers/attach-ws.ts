import { acceptWebSocket, webSocketConnection } from "@berth/http";
import { isAtLeast } from "@berth/spec";
import type { CallHandler } from "../../call/call.ts";
import { carryWebSocket } from "../../streams/websocket.ts";

/**
 * GET /containers/{name}/attach/ws: attaches by WebSocket. Output is never framed: what the container writes to either stream comes as
 * messages, binary ones since 1.28, text before. Before 1.42 all three streams are attached whatever the query says.
 */
export const attachByWebSocket: CallHandler = async ({ engine }, { request, reply, path, query, version }) => {
  const chosen = isAtLeast(version, "1.42");
  let head: string;
  try {
    head = acceptWebSocket(request);
  } catch (error) {
    // That there is no such container is told first.
    await engine.containers.inspect(path("name"), { size: false });
    throw error;
  }
  const session = await engine.containers.attach(path("name"), {
    stdin: !chosen || query.flag("stdin"),
    stdout: !chosen || query.flag("stdout"),
    stderr: !chosen || query.flag("stderr"),
    stream: query.flag("stream"),
    logs: query.flag("logs"),
    detachKeys: query.textOrNull("detachKeys"),
  });
  const connection = webSocketConnection(reply.hijack(head));
  await carryWebSocket({ session, connection, stdin: !chosen || query.flag("stdin"), text: !isAtLeast(version, "1.28") });
};
