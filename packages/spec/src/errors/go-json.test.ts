import { expect, test } from "bun:test";
import { any, bool, empty, fitShape, int64, JsonTypeError, list, map, object, string, stringsOrString, uint16 } from "./go-shape.ts";
import { parseGoJson } from "./go-syntax.ts";

const syntaxCases: readonly (readonly [string, string])[] = [
  ["", "EOF"],
  [" \n", "EOF"],
  ["{", "unexpected EOF"],
  ['{"a":', "unexpected EOF"],
  ["x", "invalid character 'x' looking for beginning of value"],
  ["{x", "invalid character 'x' looking for beginning of object key string"],
  ['{"a" 1}', "invalid character '1' after object key"],
  ['{"a":1 2}', "invalid character '2' after object key:value pair"],
  ['{"a":1,}', "invalid character '}' looking for beginning of object key string"],
  ["[1 2]", "invalid character '2' after array element"],
  ["[1,]", "invalid character ']' looking for beginning of value"],
  ["tru!", "invalid character '!' in literal true (expecting 'e')"],
  ['"a\\q"', "invalid character 'q' in string escape code"],
  ['"a\\u12g4"', "invalid character 'g' in \\u hexadecimal character escape"],
  ['"a\nb"', "invalid character '\\n' in string literal"],
  ["-x", "invalid character 'x' in numeric literal"],
  ["1.x", "invalid character 'x' after decimal point in numeric literal"],
  ["1e", "unexpected EOF"],
  ["{} x", "invalid character 'x' after top-level value"],
];

for (const [text, message] of syntaxCases) {
  test(`syntax of ${JSON.stringify(text)}`, () => {
    expect(() => parseGoJson(text)).toThrow(message);
  });
}

test("a deep text is refused without using up the stack", () => {
  expect(() => parseGoJson("[".repeat(200_000))).toThrow();
});

const shape = object("Config", {
  Tty: bool,
  Cmd: stringsOrString,
  Labels: map(string),
  Volumes: map(empty),
  HostConfig: object("HostConfig", { Memory: int64, Weight: uint16, Binds: list(string) }),
  Extra: any,
});

test("keys match without case, null and unknown keys are left out", () => {
  expect(
    fitShape({ tty: true, CMD: "ls", labels: { a: "b", c: null }, HostConfig: { memory: 5, Binds: null }, Unknown: 1 }, shape),
  ).toEqual({
    Tty: true,
    Cmd: ["ls"],
    Labels: { a: "b", c: "" },
    HostConfig: { Memory: 5 },
  });
});

test("a wrong type is told as Go tells it", () => {
  const cases: readonly (readonly [unknown, string])[] = [
    [{ Tty: "yes" }, "json: cannot unmarshal string into Go struct field Config.Tty of type bool"],
    [{ HostConfig: { Memory: "1m" } }, "json: cannot unmarshal string into Go struct field HostConfig.HostConfig.Memory of type int64"],
    [{ HostConfig: { Memory: 1.5 } }, "json: cannot unmarshal number 1.5 into Go struct field HostConfig.HostConfig.Memory of type int64"],
    [{ HostConfig: { Weight: 70000 } }, "json: cannot unmarshal number into Go struct field HostConfig.HostConfig.Weight of type uint16"],
    [{ HostConfig: [] }, "json: cannot unmarshal array into Go struct field Config.HostConfig of type HostConfig"],
    [{ Cmd: [1] }, "json: cannot unmarshal number into Go struct field Config.Cmd of type string"],
    [{ Volumes: { "/a": 1 } }, "json: cannot unmarshal number into Go struct field Config.Volumes of type struct {}"],
    [[], "json: cannot unmarshal array into Go value of type Config"],
  ];
  for (const [value, message] of cases) expect(() => fitShape(value, shape)).toThrow(new JsonTypeError(message));
});

test("a key called __proto__ changes nothing", () => {
  const fitted = fitShape(JSON.parse('{"__proto__":{"Tty":true},"Labels":{"__proto__":"x"}}'), shape) as { Tty?: boolean; Labels: object };
  expect(fitted.Tty).toBeUndefined();
  expect(Object.keys(fitted.Labels)).toEqual(["__proto__"]);
});
