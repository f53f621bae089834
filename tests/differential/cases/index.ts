import type { DifferentialCase } from "../case.ts";
import { archive } from "./archive.ts";
import { cliFlags } from "./cli-flags.ts";
import { cliMore } from "./cli-more.ts";
import { cli } from "./cli.ts";
import { commits } from "./commit.ts";
import { containers } from "./containers.ts";
import { errors } from "./errors.ts";
import { eventFilters } from "./event-filters.ts";
import { events } from "./events.ts";
import { exec } from "./exec.ts";
import { flags } from "./flags.ts";
import { globals } from "./globals.ts";
import { health } from "./health.ts";
import { images } from "./images.ts";
import { init } from "./init.ts";
import { inside } from "./inside.ts";
import { logDrivers } from "./log-drivers.ts";
import { limits } from "./limits.ts";
import { network } from "./network.ts";
import { oci } from "./oci.ts";
import { protocol } from "./protocol.ts";
import { stats } from "./stats.ts";
import { prune } from "./prune.ts";
import { restarts } from "./restart.ts";
import { streams } from "./streams.ts";
import { updates } from "./update.ts";
import { userNetworks } from "./user-networks.ts";
import { webSockets } from "./websocket.ts";

/** Every case, in the order in which the suite runs them. */
export const cases: readonly DifferentialCase[] = [
  ...protocol,
  ...errors,
  ...containers,
  ...streams,
  ...logDrivers,
  ...exec,
  ...events,
  ...eventFilters,
  ...health,
  ...restarts,
  ...images,
  ...archive,
  ...commits,
  ...init,
  ...inside,
  ...oci,
  ...network,
  ...updates,
  ...limits,
  ...userNetworks,
  ...stats,
  ...prune,
  ...webSockets,
  ...cli,
  ...cliFlags,
  ...cliMore,
  ...globals,
  ...flags,
];
