import type { ContainerExtras } from "@berth/spec";
import type { Core } from "../core.ts";
import type { ForwardStatus } from "../logs/forward/forwarder.ts";
import type { ContainerRecord } from "./record.ts";
import { findZombies } from "./zombies.ts";
import { rfc3339 } from "./time.ts";

/** What inspect tells beyond Docker's keys; nothing when there is nothing to tell. */
export async function extrasOf(core: Core, record: ContainerRecord): Promise<{ readonly Berth?: ContainerExtras }> {
  const zombies = await findZombies(core, record);
  const leftMs = record.life.status === "restarting" ? core.restarts.leftMs(record.id) : null;
  const forwarding = core.forwarders.status(record);
  if (zombies === null && leftMs === null && forwarding === null) return {};
  return {
    Berth: {
      ...(leftMs === null
        ? {}
        : {
            NextStart: {
              At: rfc3339(core.clock.nowNs() + BigInt(Math.round(leftMs * 1e6))),
              DelayMs: record.backoffMs,
            },
          }),
      ...(zombies === null ? {} : { Zombies: zombies }),
      ...(forwarding === null ? {} : { LogForwarding: forwardingOf(forwarding) }),
    },
  };
}

function forwardingOf({ state, sent, dropped, gaps, error }: ForwardStatus): NonNullable<ContainerExtras["LogForwarding"]> {
  return { State: state, Sent: sent, Dropped: dropped, Gaps: gaps, Error: error };
}
