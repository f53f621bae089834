/**
 * Opens a Worker by its source file's path from the repository's root, for example
 * `packages/linux/src/blocking/blocking.worker.ts`. Run from source that file is loaded; in `dist/berth` it is an
 * entry point of the executable. The path is absolute either way: a relative one could be taken
 * from the current folder, which root must never run code from.
 */
export function openWorker(path: string): Worker {
  const compiled = import.meta.url.startsWith("file:///$bunfs/");
  const url = compiled ? `/$bunfs/root/${path.replace(/\.ts$/, ".js")}` : new URL(`../../../${path}`, import.meta.url).href;
  const worker = new Worker(url);
  worker.unref();
  return worker;
}
