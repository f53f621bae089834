/** Whether a network of that name always exists. */
export function isPredefined(name: string): boolean {
  return name === "bridge" || name === "host" || name === "none";
}
