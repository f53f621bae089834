import { type ErrorKind, kindOf, messageOf } from "@berth/base";

/** HTTP status of each kind of error, as dockerd maps its classes. */
const statuses: Readonly<Record<ErrorKind, number>> = {
  "not-found": 404,
  invalid: 400,
  conflict: 409,
  unauthorized: 401,
  forbidden: 403,
  unavailable: 503,
  "not-modified": 304,
  "not-implemented": 501,
  exhausted: 500,
  cancelled: 500,
  timeout: 500,
  internal: 500,
};

/** The status that any thrown value is answered with. */
export function statusOfError(error: unknown): number {
  return statuses[kindOf(error)];
}

/** The body of an error: `{"message":"…"}` and a newline. Empty messages would make clients guess. */
export function errorBody(error: unknown): string {
  const message = messageOf(error);
  return `${JSON.stringify({ message: message === "" ? "internal error" : message })}\n`;
}
