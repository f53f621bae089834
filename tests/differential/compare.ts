/** One place at which two observations differ. */
export interface Difference {
  /** `label.key[0].key` */
  readonly at: string;
  readonly docker: unknown;
  readonly berth: unknown;
}

/** All places at which two JSON values differ; a missing key is `undefined`. */
export function compare(at: string, docker: unknown, berth: unknown): Difference[] {
  if (Object.is(docker, berth)) return [];
  if (Array.isArray(docker) && Array.isArray(berth)) {
    const differences: Difference[] = [];
    for (let i = 0; i < Math.max(docker.length, berth.length); i++) differences.push(...compare(`${at}[${i}]`, docker[i], berth[i]));
    return differences;
  }
  if (isObject(docker) && isObject(berth)) {
    const keys = new Set([...Object.keys(docker), ...Object.keys(berth)]);
    return [...keys].flatMap((key) => compare(`${at}.${key}`, docker[key], berth[key]));
  }
  return [{ at, docker, berth }];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}
