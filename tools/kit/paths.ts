import { fileURLToPath } from "node:url";

/** The repository's root, without a slash at the end. */
export const root: string = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");

/** The pinned Bun that runs these tools. */
export const bun: string = process.execPath;

/** The executable that `make build` makes. */
export const executable: string = `${root}/dist/berth`;

/** The environment of the programs that the tools start: `node` and `bun` are the pinned Bun. */
export function toolEnvironment(more: Readonly<Record<string, string>> = {}): Record<string, string> {
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env)) if (value !== undefined) env[name] = value;
  env["PATH"] = `${root}/.cache/bin:${env["PATH"] ?? "/usr/sbin:/usr/bin:/sbin:/bin"}`;
  return { ...env, ...more };
}
