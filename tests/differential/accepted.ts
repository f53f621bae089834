import type { AcceptedDifference } from "./case.ts";

/** Where Berth means to differ from Docker 20.10. */
export const accepted: readonly AcceptedDifference[] = [];
