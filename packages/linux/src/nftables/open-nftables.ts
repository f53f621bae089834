import { CString, type ConvertFns, dlopen, type Pointer, ptr } from "bun:ffi";
import { fail, messageOf } from "@berth/base";
import { cstring } from "../kernel/system.ts";
import { KernelError } from "../kernel-error.ts";
import type { Nftables } from "../ports.ts";

/** libnftables(3) of nftables 0.9 and later. */
const symbols = {
  nft_ctx_new: { args: ["u32"], returns: "ptr" },
  nft_ctx_free: { args: ["ptr"], returns: "void" },
  nft_ctx_buffer_output: { args: ["ptr"], returns: "i32" },
  nft_ctx_buffer_error: { args: ["ptr"], returns: "i32" },
  nft_ctx_get_output_buffer: { args: ["ptr"], returns: "ptr" },
  nft_ctx_get_error_buffer: { args: ["ptr"], returns: "ptr" },
  nft_ctx_output_set_flags: { args: ["ptr", "u32"], returns: "void" },
  nft_run_cmd_from_buffer: { args: ["ptr", "ptr"], returns: "i32" },
} as const;

const NFT_CTX_OUTPUT_HANDLE = 1 << 3;
const NFT_CTX_OUTPUT_JSON = 1 << 4;
const NFT_CTX_OUTPUT_NUMERIC_PROTO = 1 << 7;

/** Words of the C library at the end of nft's messages, and what they are called. */
const errnos: readonly (readonly [words: string, code: string, errno: number])[] = [
  ["No such file or directory", "ENOENT", 2],
  ["File exists", "EEXIST", 17],
  ["Device or resource busy", "EBUSY", 16],
  ["Operation not permitted", "EPERM", 1],
  ["Operation not supported", "EOPNOTSUPP", 95],
  ["Cannot allocate memory", "ENOMEM", 12],
];

/**
 * Opens libnftables for the network namespace of the calling thread.
 * @throws unavailable when the library is not installed
 */
export function openNftables(): Nftables {
  const library = loadLibrary();
  const context = library.nft_ctx_new(0) as Pointer | null;
  if (context === null) throw fail("internal", "libnftables gave no context");
  library.nft_ctx_buffer_output(context);
  library.nft_ctx_buffer_error(context);
  let open = true;

  function run(commands: string, flags: number): string {
    if (!open) throw fail("unavailable", "nftables is closed");
    const text = cstring("nft", commands);
    library.nft_ctx_output_set_flags(context, flags);
    const status = library.nft_run_cmd_from_buffer(context, ptr(text));
    const output = textAt(library.nft_ctx_get_output_buffer(context) as Pointer | null);
    const error = textAt(library.nft_ctx_get_error_buffer(context) as Pointer | null);
    if (status !== 0) throw failure(error);
    return output;
  }

  return {
    run: (commands) => {
      run(commands, 0);
    },
    list: (command) => JSON.parse(run(command, NFT_CTX_OUTPUT_JSON | NFT_CTX_OUTPUT_HANDLE | NFT_CTX_OUTPUT_NUMERIC_PROTO)) as unknown,
    close: () => {
      if (open) library.nft_ctx_free(context);
      open = false;
    },
  };
}

function loadLibrary(): ConvertFns<typeof symbols> {
  try {
    return dlopen("libnftables.so.1", symbols).symbols;
  } catch (error) {
    throw fail("unavailable", `libnftables.so.1 cannot be loaded (Debian package libnftables1): ${messageOf(error)}`, error);
  }
}

/** nft's first line says what is wrong; the lines after it repeat the command with a marker under the place. */
function failure(message: string): KernelError {
  const first = message.trim().split("\n")[0] ?? "";
  const known = errnos.find(([words]) => first.includes(words));
  return new KernelError({ call: "nft", errno: known?.[2] ?? 22, code: known?.[1] ?? "EINVAL", path: null, detail: first });
}

function textAt(pointer: Pointer | null): string {
  return pointer === null ? "" : new CString(pointer).toString();
}
