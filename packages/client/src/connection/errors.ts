import type { BerthError, ErrorKind } from "@berth/base";
import { fail } from "@berth/base";

const kinds: Readonly<Record<number, ErrorKind>> = {
  304: "not-modified",
  400: "invalid",
  401: "unauthorized",
  403: "forbidden",
  404: "not-found",
  409: "conflict",
  429: "exhausted",
  500: "internal",
  501: "not-implemented",
  503: "unavailable",
};

const longestMessage = 64 * 1024;

/** The error a refusal stands for, with the engine's own words. */
export function errorOf(status: number, body: string): BerthError {
  const kind = kinds[status] ?? (status >= 500 ? "internal" : "invalid");
  return fail(kind, messageOf(body) ?? `the engine answered with status ${status} and no message`);
}

function messageOf(body: string): string | undefined {
  const text = body.slice(0, longestMessage).trim();
  if (text === "") return undefined;
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === "object" && parsed !== null && "message" in parsed && typeof parsed.message === "string")
      return parsed.message.trim();
  } catch {
    // Old API versions and proxies answer in plain text.
  }
  return text;
}
