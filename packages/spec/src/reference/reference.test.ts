import { expect, test } from "bun:test";
import fc from "fast-check";
import { familiarName, familiarString, referenceString } from "./format.ts";
import { isDigest, parseAnyReference, parseReference, withDefaultTag, withTag } from "./parse.ts";

const hex = "0123456789abcdef".repeat(4);

test.each([
  ["busybox", "docker.io/library/busybox", "busybox"],
  ["busybox:1.36", "docker.io/library/busybox:1.36", "busybox:1.36"],
  ["docker.io/busybox", "docker.io/library/busybox", "busybox"],
  ["index.docker.io/library/busybox:a", "docker.io/library/busybox:a", "busybox:a"],
  ["me/app", "docker.io/me/app", "me/app"],
  ["library/a/b", "docker.io/library/a/b", "library/a/b"],
  ["localhost/app", "localhost/app", "localhost/app"],
  ["localhost:5000/app:x", "localhost:5000/app:x", "localhost:5000/app:x"],
  ["Example.com/app", "Example.com/app", "Example.com/app"],
  ["[::1]:5000/a", "[::1]:5000/a", "[::1]:5000/a"],
  [`a@sha256:${hex}`, `docker.io/library/a@sha256:${hex}`, `a@sha256:${hex}`],
  [`a:1@sha256:${hex}`, `docker.io/library/a:1@sha256:${hex}`, `a:1@sha256:${hex}`],
  ["a__b/c.d/e---f", "docker.io/a__b/c.d/e---f", "a__b/c.d/e---f"],
])("parses %s", (text, full, familiar) => {
  const parsed = parseReference(text);
  expect(referenceString(parsed)).toBe(full);
  expect(familiarString(parsed)).toBe(familiar);
});

// As dockerd 20.10.24 answers.
test.each([
  ["", "invalid reference format"],
  ["Busybox", "invalid reference format: repository name must be lowercase"],
  ["Foo/bar", "invalid reference format: repository name must be lowercase"],
  ["a@b", "invalid reference format"],
  ["a:", "invalid reference format"],
  ["-a", "invalid reference format"],
  ["a//b", "invalid reference format"],
  ["a b", "invalid reference format"],
  ["a:!", "invalid reference format"],
  [`a:${"x".repeat(129)}`, "invalid reference format"],
  ["a".repeat(256), "repository name must not be more than 255 characters"],
  ["x".repeat(100_000), "invalid reference format"],
  [hex, `invalid repository name (${hex}), cannot specify 64-byte hexadecimal strings`],
  [`a@sha256:${hex.slice(1)}`, "invalid checksum digest length"],
  [`a@md5:${hex}`, "unsupported digest algorithm"],
])("refuses %s", (text, message) => {
  expect(() => parseReference(text)).toThrow(new Error(message));
});

test("tells ids from names", () => {
  expect(parseAnyReference(hex)).toEqual({ kind: "digest", digest: `sha256:${hex}` });
  expect(parseAnyReference(`sha256:${hex}`)).toEqual({ kind: "digest", digest: `sha256:${hex}` });
  expect(parseAnyReference("abc").kind).toBe("name");
  expect([isDigest(`sha256:${hex}`), isDigest(`sha256:${hex.toUpperCase()}`), isDigest(`sha512:${hex}`)]).toEqual([true, false, false]);
});

test("tags", () => {
  expect(withDefaultTag(parseReference("a")).tag).toBe("latest");
  expect(withDefaultTag(parseReference(`a@sha256:${hex}`)).tag).toBeNull();
  expect(() => withTag(parseReference("a"), "!")).toThrow("invalid tag format");
  expect(familiarName(parseReference("docker.io/library/a:1"))).toBe("a");
});

test("what is parsed is formatted back to the same reference", () => {
  const part = fc.stringMatching(/^[a-z0-9]{1,8}$/);
  const reference = fc.record({
    host: fc.option(fc.constantFrom("localhost", "example.com", "h.io:5000"), { nil: null }),
    path: fc.array(part, { minLength: 1, maxLength: 3 }),
    tag: fc.option(fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}$/), { nil: null }),
  });
  fc.assert(
    fc.property(reference, ({ host, path, tag }) => {
      const text = `${host === null ? "" : `${host}/`}${path.join("/")}${tag === null ? "" : `:${tag}`}`;
      const parsed = parseReference(text);
      expect(parseReference(referenceString(parsed))).toEqual(parsed);
      expect(parseReference(familiarString(parsed))).toEqual(parsed);
      expect(parsed.tag).toBe(tag);
    }),
  );
});

test("any text is parsed or refused in short time", () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 2000, unit: fc.constantFrom("a", "_", "-", ".", "/", ":", "@", "A") }), (text) => {
      try {
        parseReference(text);
      } catch (error) {
        expect(error).toHaveProperty("kind", "invalid");
      }
    }),
  );
});
