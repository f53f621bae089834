import { expect, test } from "bun:test";
import { reasonIn } from "./criu.ts";

const lines = (...text: readonly string[]): string => text.map((line, at) => `(00.00000${at}) ${line}\n`).join("");

test("the first error with a reason, without what says only that there was one", () => {
  const log = lines(
    "Version: 3.17.1 (gitid 0)",
    "Error (criu/util.c:642): exited, status=1",
    "Error (criu/tun.c:85): tun: Unable to create tun: No such file or directory",
    "Error (criu/sk-inet.c:188): inet: Connected TCP socket, consider using --tcp-established option.",
    "Error (criu/cr-dump.c:1557): Dump files (pid: 301) failed with -1",
    "Error (criu/cr-dump.c:2053): Dumping FAILED.",
  );
  expect(reasonIn(log)).toBe("inet: Connected TCP socket, consider using --tcp-established option.");
});

test("errors of a restored process are led in by its pid", () => {
  expect(
    reasonIn(
      lines(
        "     1: Error (criu/files-reg.c:2180): File etc/x has bad size 3 (expect 9)",
        "Error (criu/cr-restore.c:2536): Restoring FAILED.",
      ),
    ),
  ).toBe("File etc/x has bad size 3 (expect 9)");
});

test("an error without a better one, none at all, and no end of text", () => {
  expect(reasonIn(lines("Error (criu/cr-dump.c:2053): Dumping FAILED."))).toBe("Dumping FAILED.");
  expect(reasonIn(lines("Dumping finished successfully"))).toBeNull();
  expect(reasonIn("")).toBeNull();
  expect(reasonIn(lines(`Error (a.c:1): ${"x".repeat(100_000)}`))).toHaveLength(400);
});
