import type { AcceptedDifference } from "./case.ts";

/** Where the `berth` command line means to differ from the docker CLI, both against Berth's engine. `docker` is the docker CLI's value. */
export const acceptedOfCli: readonly AcceptedDifference[] = [];
