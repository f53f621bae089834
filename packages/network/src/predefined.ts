const predefined: ReadonlySet<string> = new Set(["bridge", "host", "none"]);

/** Whether a network of that name always exists, and so can neither be made nor removed. */
export function isPredefined(name: string): boolean {
  return predefined.has(name);
}
