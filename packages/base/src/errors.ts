/**
 * The dozen kinds of failure that Berth tells apart. Rooms throw them, doors translate each once
 * (HTTP status in `api`, exit code in the CLI).
 */
export type ErrorKind =
  | "not-found"
  | "invalid"
  | "conflict"
  | "unauthorized"
  | "forbidden"
  | "unavailable"
  | "not-modified"
  | "not-implemented"
  | "exhausted"
  | "cancelled"
  | "timeout"
  | "internal";

/**
 * An error that names the operation and the object it concerns. `message` is made for the user;
 * `cause` keeps what happened underneath and is only logged.
 */
export class BerthError extends Error {
  readonly kind: ErrorKind;

  constructor(kind: ErrorKind, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "BerthError";
    this.kind = kind;
  }
}

/**
 * Makes an error of one kind. `throw fail("not-found", "No such container: web")`.
 * @param kind which of the dozen kinds
 * @param message a whole sentence for the user; names operation and object
 * @param cause what happened underneath
 */
export function fail(kind: ErrorKind, message: string, cause?: unknown): BerthError {
  return new BerthError(kind, message, cause);
}

/** The kind of any thrown value; everything that is no {@link BerthError} is `internal`. */
export function kindOf(error: unknown): ErrorKind {
  return error instanceof BerthError ? error.kind : "internal";
}

/** The message of any thrown value. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
