/** One entry of a list of routes. */
export interface Route<T> {
  readonly method: string;
  /**
   * `/containers/{name}/json`; `{name:path}` also takes slashes (image names), as many as it can. Routes are tried in the order of
   * the list.
   */
  readonly path: string;
  readonly target: T;
}

export interface Match<T> {
  readonly target: T;
  readonly parameters: Readonly<Record<string, string>>;
}

interface Compiled<T> {
  readonly pattern: RegExp;
  readonly names: readonly string[];
  readonly target: T;
}

/** Finds the route of a request; null when there is none. */
export type Router<T> = (method: string, path: string) => Match<T> | null;

/** Compiles a list of routes. Only those with the request's method and first path segment are tried. */
export function createRouter<T>(routes: readonly Route<T>[]): Router<T> {
  const groups = new Map<string, Compiled<T>[]>();
  for (const route of routes) {
    const key = groupOf(route.method, route.path);
    const group = groups.get(key) ?? [];
    group.push(compile(route));
    groups.set(key, group);
  }
  return (method, path) => {
    for (const { pattern, names, target } of groups.get(groupOf(method, path)) ?? []) {
      const match = pattern.exec(path);
      if (match === null) continue;
      return { target, parameters: Object.fromEntries(names.map((name, index) => [name, match[index + 1] ?? ""])) };
    }
    return null;
  };
}

function groupOf(method: string, path: string): string {
  const end = path.indexOf("/", 1);
  return `${method} ${end < 0 ? path : path.slice(0, end)}`;
}

function compile<T>(route: Route<T>): Compiled<T> {
  const names: string[] = [];
  const source = route.path
    .split(/(\{[^}]*\})/)
    .map((part) => {
      const parameter = /^\{(\w+)(:path)?\}$/.exec(part);
      if (parameter === null) return part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
      names.push(parameter[1] ?? "");
      return parameter[2] === undefined ? "([^/]+)" : "(.+)";
    })
    .join("");
  return { pattern: new RegExp(`^${source}$`, "s"), names, target: route.target };
}
