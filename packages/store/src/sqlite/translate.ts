import { BerthError, type ErrorKind, fail, messageOf } from "@berth/base";

/**
 * An error of SQLite or of opening its file as one of Berth's kinds, with the file's name and what to do about it.
 * Codes: https://sqlite.org/rescode.html. Parameters of a statement never get into the message.
 */
export function translate(error: unknown, path: string): BerthError {
  if (error instanceof BerthError) return error;
  const code = codeOf(error);
  const [kind, message] = explain(code, path, messageOf(error));
  return fail(kind, message, error);
}

function codeOf(error: unknown): string {
  return typeof error === "object" && error !== null && "code" in error && typeof error.code === "string" ? error.code : "";
}

function explain(code: string, path: string, words: string): [ErrorKind, string] {
  if (code.startsWith("SQLITE_CONSTRAINT")) return ["conflict", `${path}: ${words}`];
  if (code.startsWith("SQLITE_READONLY") || code === "EROFS" || code === "EACCES" || code === "EPERM")
    return ["forbidden", `${path} cannot be written: the file or its file system is read-only.`];
  if (code.startsWith("SQLITE_FULL") || code === "ENOSPC" || code === "EDQUOT")
    return ["exhausted", `${path} cannot be written: no space left on device`];
  if (code.startsWith("SQLITE_CORRUPT"))
    return [
      "invalid",
      `${path} is damaged (${words}). Stop Berth, keep a copy of the file with its -wal and -shm, and restore a backup or repair it with "sqlite3 ${path} .recover".`,
    ];
  if (code.startsWith("SQLITE_NOTADB"))
    return ["invalid", `${path} is not a database, or it is damaged from its first bytes. Move it away or restore a backup.`];
  if (code.startsWith("SQLITE_BUSY") || code.startsWith("SQLITE_LOCKED")) return ["unavailable", `${path} is locked by another process.`];
  if (code === "ENOENT" || code === "ENOTDIR") return ["not-found", `${path} cannot be made: its folder does not exist.`];
  if (code === "EISDIR") return ["invalid", `${path} is a folder, not a database.`];
  if (code.startsWith("SQLITE_CANTOPEN")) return ["forbidden", `${path} cannot be opened (${words}).`];
  if (code.startsWith("SQLITE_IOERR")) return ["internal", `${path}: the disk failed while reading or writing (${code}).`];
  return ["internal", `${path}: ${words}`];
}
