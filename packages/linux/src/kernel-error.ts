import { BerthError, type ErrorKind } from "@berth/base";

/** What a person has to act on is said in words; clients look for the first ones too. */
const words: Readonly<Record<string, string>> = {
  ENOSPC: "no space left on device",
  EDQUOT: "disk quota exceeded",
  EROFS: "read-only file system",
};

/** A failed system call: which one, on what, and its errno by number and name (`ENOENT`). */
export class KernelError extends BerthError {
  readonly call: string;
  readonly errno: number;
  readonly code: string;
  readonly path: string | null;
  /** The errno in words. */
  readonly detail: string;

  constructor(options: {
    readonly call: string;
    readonly errno: number;
    readonly code: string;
    readonly path: string | null;
    readonly detail?: string;
  }) {
    super(
      kindOfErrno(options.code),
      `${options.call}${options.path === null ? "" : ` ${options.path}`}: ${options.detail ?? words[options.code] ?? options.code}`,
    );
    this.name = "KernelError";
    this.call = options.call;
    this.errno = options.errno;
    this.code = options.code;
    this.path = options.path;
    this.detail = options.detail ?? words[options.code] ?? options.code;
  }
}

function kindOfErrno(code: string): ErrorKind {
  switch (code) {
    case "ENOENT":
      return "not-found";
    case "EEXIST":
    case "EBUSY":
    case "ENOTEMPTY":
      return "conflict";
    case "ENOSPC":
    case "EDQUOT":
    case "EMFILE":
    case "ENFILE":
    case "ENOMEM":
      return "exhausted";
    case "EROFS":
    case "EPERM":
    case "EACCES":
      return "forbidden";
    case "ETIMEDOUT":
      return "timeout";
    default:
      return "internal";
  }
}
