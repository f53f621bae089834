import { createApi, serverHeader } from "@berth/api";
import type { Clock, Logger } from "@berth/base";
import { type Listener, listen, loadTls, socketGroup, type TlsMaterial } from "@berth/http";
import type { DaemonOptions } from "./options/options.ts";
import type { OpenRooms } from "./rooms.ts";

/** What listeners need besides their addresses. */
export interface ListenerMaterial {
  readonly tls: TlsMaterial | null;
  readonly groupId: number | null;
}

/**
 * Reads certificates and looks the socket's group up, so that a mistake in them is told before anything is changed on the machine.
 * @throws invalid
 */
export function listenerMaterial(options: DaemonOptions): ListenerMaterial {
  return {
    tls: options.tls === null ? null : loadTls(options.tls),
    groupId: options.listen.some(({ kind }) => kind === "unix") ? socketGroup(options.socketGroup) : null,
  };
}

/**
 * Opens every listener. When one fails, those that are open are closed again.
 * @throws what a listener throws
 */
export async function openListeners(context: {
  readonly options: DaemonOptions;
  readonly material: ListenerMaterial;
  readonly rooms: OpenRooms;
  readonly version: string;
  readonly log: Logger;
  readonly clock: Clock;
}): Promise<Listener[]> {
  const { options, material, rooms, version, log, clock } = context;
  const { engine, images, networks } = rooms;
  const handler = createApi({
    engine,
    images,
    networks,
    imageUsers: (id) => engine.imageUsers(id),
    log,
    clock,
    serverVersion: version,
    experimental: options.experimental,
  });
  const open: Listener[] = [];
  try {
    for (const address of options.listen) {
      const more = await listen({
        address,
        handler,
        log: log.with({ room: "http" }),
        serverHeader: serverHeader(version),
        ...material,
        allowPlainTcp: options.allowPlainTcp,
      });
      open.push(...more);
    }
  } catch (error) {
    await Promise.all(open.map((listener) => listener.close(0)));
    throw error;
  }
  for (const { address } of open) log.info("API listens", { address });
  return open;
}
