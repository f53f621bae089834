import { expect, test } from "bun:test";
import { compilePattern } from "./compile.ts";
import { PatternError } from "./syntax.ts";

const texts = ["", "a", "b", "ab", "aab", "abab", "web-1", "web1", "/web_2", "a b", "x.y", "aaaaaaaa", "A", "7", "a\nb", "[", "ä"];

/** Where JavaScript's own expressions mean the same, they judge. */
test.each([
  "a",
  "^a",
  "b$",
  "^a*$",
  "^(a|b)+$",
  "^(?:ab){2}$",
  "a{2,3}",
  "^a{0,2}b?$",
  "web-?[0-9]",
  "^/?web_\\d$",
  "[^a-z]",
  "[]a]",
  "x\\.y",
  "\\bb",
  "a\\B",
  "^$",
  "",
  ".",
  "a|",
  "(a+)+$",
  "(a*)*b",
  "^(web|db|cache)-\\d+$",
  "\\s",
  "\\W",
  "[\\d-]",
  "a+?b",
  "{",
  "a{,2}",
])("%p finds what it should", (source) => {
  const ours = compilePattern(source);
  const theirs = new RegExp(source === "[]a]" ? "[\\]a]" : source);
  for (const text of texts) expect([text, ours.test(text)]).toEqual([text, theirs.test(text)]);
});

test.each([
  "[",
  "(",
  ")",
  "a)",
  "*",
  "a**",
  "\\",
  "[z-a]",
  "a{3,2}",
  "a{1001}",
  "(?=a)",
  "(a)\\1",
  "\\q",
  "(".repeat(1000),
  "((a{1000}){1000}){1000}",
])("%p is refused", (source) => {
  expect(() => compilePattern(source)).toThrow(PatternError);
});

test("takes linear time", () => {
  const began = performance.now();
  const text = "a".repeat(2000);
  for (const source of ["^(a+)+$x", "(a|a)*b", `${"a?".repeat(500)}b`, `${"a*".repeat(100)}b`, `${"(a|aa)".repeat(100)}b`]) {
    expect(compilePattern(source).test(text)).toBe(false);
  }
  expect(performance.now() - began).toBeLessThan(3000);
});
