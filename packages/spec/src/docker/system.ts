/** An event as `/events` sends it (1.51 form). `time` in seconds, `timeNano` in nanoseconds (a JSON number). */
export interface EventMessage {
  status?: string;
  id?: string;
  from?: string;
  Type: string;
  Action: string;
  Actor: { ID: string; Attributes: Record<string, string> };
  scope: "local" | "swarm";
  time: number;
  timeNano: bigint;
}

/** Filters of a request after parsing both JSON forms: key → values. */
export type Filters = Readonly<Record<string, readonly string[]>>;

/** One object of a progress stream (load, import, pull). */
export interface ProgressMessage {
  stream?: string;
  status?: string;
  id?: string;
  progressDetail?: { current?: number; total?: number };
  progress?: string;
  error?: string;
  errorDetail?: { code?: number; message: string };
  aux?: unknown;
}
