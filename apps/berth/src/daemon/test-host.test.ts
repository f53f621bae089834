import { expect, test } from "bun:test";
import { readHost } from "@berth/engine";
import { hostFromEnvironment } from "./test-host.ts";

test("the boot id is the kernel's unless a test says otherwise", () => {
  const host = readHost();
  expect(hostFromEnvironment({}, host)).toBe(host);
  expect(hostFromEnvironment({ BERTH_TEST_BOOT_ID: "next-boot" }, host)).toEqual({ ...host, bootId: "next-boot" });
  expect(() => hostFromEnvironment({ BERTH_TEST_BOOT_ID: "../x" }, host)).toThrow("is no boot id");
});
