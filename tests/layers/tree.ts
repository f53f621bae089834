import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** The text of a repository's source files and manifests, by path from its root. */
export type Tree = ReadonlyMap<string, string>;

const skipped = new Set(["node_modules", "dist", ".git", ".cache"]);

/** Reads all `.ts` and `.tsx` files, `package.json` files and lock files below `root`. */
export function readTree(root: string): Tree {
  const tree = new Map<string, string>();
  walk("");
  return tree;

  function walk(folder: string): void {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) {
        if (!skipped.has(entry.name)) walk(path);
      } else if (entry.isFile() && (/\.tsx?$/.test(entry.name) || /^(package(-lock)?\.json|bun\.lock)$/.test(entry.name))) {
        tree.set(path, readFileSync(join(root, path), "utf8"));
      }
    }
  }
}
