/** What conmon says on its sync pipe. */
export interface MonitorAnswer {
  /** A pid, an exit code, or below zero: it failed. */
  readonly data: number;
  /** The runtime's words when it failed. */
  readonly message: string;
}

/** `{"data": 4711}`, or `{"data": -1, "message": "…"}`; what is neither is a failure in its own words. */
export function parseAnswer(text: string): MonitorAnswer {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null) {
      const data: unknown = Reflect.get(value, "data");
      const message: unknown = Reflect.get(value, "message");
      return { data: typeof data === "number" ? data : -1, message: typeof message === "string" ? message : "" };
    }
  } catch {
    // An empty answer: conmon died before it could say anything.
  }
  return { data: -1, message: text };
}
