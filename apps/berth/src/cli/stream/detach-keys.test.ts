import { describe, expect, test } from "bun:test";
import { DetachFilter, parseDetachKeys } from "./detach-keys.ts";

describe("detach keys", () => {
  test("names", () => {
    expect(parseDetachKeys("")).toEqual([16, 17]);
    expect(parseDetachKeys("ctrl-a,b,ctrl-[,ctrl-@")).toEqual([1, 98, 27, 0]);
    expect(() => parseDetachKeys("ctrl-zz")).toThrow("invalid detach keys (ctrl-zz): Unknown character: 'ctrl-zz'");
    expect(() => parseDetachKeys("a,,b")).toThrow("invalid detach keys");
  });

  function feed(...typed: readonly (readonly number[])[]): { pass: number[]; detached: boolean } {
    const filter = new DetachFilter([16, 17]);
    const pass: number[] = [];
    for (const bytes of typed) {
      const result = filter.push(Uint8Array.from(bytes));
      pass.push(...result.pass);
      if (result.detached) return { pass, detached: true };
    }
    return { pass, detached: false };
  }

  test("both keys end, in one piece or two", () => {
    expect(feed([65, 16, 17, 66])).toEqual({ pass: [65], detached: true });
    expect(feed([65, 16], [17])).toEqual({ pass: [65], detached: true });
  });
  test("a broken beginning is passed on", () => {
    expect(feed([16, 65])).toEqual({ pass: [16, 65], detached: false });
    expect(feed([16], [16, 17])).toEqual({ pass: [16], detached: true });
    expect(feed([17, 16])).toEqual({ pass: [17], detached: false });
  });
  test("nothing else is lost or changed, however it is cut", () => {
    const typed = Array.from({ length: 512 }, (_value, index) => (index % 238) + 18);
    for (let size = 1; size <= typed.length; size *= 3) {
      const pieces = Array.from({ length: Math.ceil(typed.length / size) }, (_value, index) =>
        typed.slice(index * size, (index + 1) * size),
      );
      expect(feed(...pieces)).toEqual({ pass: typed, detached: false });
    }
  });
});
