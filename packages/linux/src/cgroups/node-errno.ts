/** Whether an error of Node's file functions has one of these codes. */
export function isNodeErrno(error: unknown, ...codes: readonly string[]): boolean {
  return typeof error === "object" && error !== null && "code" in error && typeof error.code === "string" && codes.includes(error.code);
}
