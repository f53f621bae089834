/** Ends the command with a code of its own. Without a message nothing is printed. */
export class StatusError extends Error {
  readonly code: number;

  constructor(code: number, message = "") {
    super(message);
    this.code = code;
  }
}

/** Too few or too many arguments: told with the usage, but ends with 1 as in docker. */
export class CountError extends StatusError {
  constructor(message: string) {
    super(1, message);
  }
}
