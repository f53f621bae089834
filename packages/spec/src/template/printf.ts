import { display } from "./value.ts";

const directive = /%([-+# 0]*)(\d+)?(?:\.(\d*))?([a-zA-Z%])/g;
const widestField = 1000;

/** Go's `fmt.Sprintf` for what a template holds: strings, numbers, booleans, lists and maps. */
export function sprintf(format: string, values: readonly unknown[]): string {
  let used = 0;
  const text = format.replace(
    directive,
    (_whole, flags: string, width: string | undefined, precision: string | undefined, verb: string) => {
      if (verb === "%") return "%";
      if (used >= values.length) return `%!${verb}(MISSING)`;
      const value = values[used++];
      const digits = precision === undefined ? undefined : Math.min(Number(precision), 100);
      return pad(formatVerb({ verb, value, precision: digits, flags }), Math.min(Number(width ?? 0), widestField), flags);
    },
  );
  if (used >= values.length) return text;
  const extra = values.slice(used).map((value) => `${goType(value)}=${display(value)}`);
  return `${text}%!(EXTRA ${extra.join(", ")})`;
}

function formatVerb(spec: { verb: string; value: unknown; precision: number | undefined; flags: string }): string {
  const { verb, value, precision, flags } = spec;
  const plus = flags.includes("+") && Number(value) >= 0 ? "+" : "";
  const bad = `%!${verb}(${goType(value)}=${display(value)})`;
  switch (verb) {
    case "v":
    case "s": {
      const text = display(value);
      if (verb === "s" && (typeof value === "number" || typeof value === "boolean" || typeof value === "bigint")) return bad;
      return precision === undefined ? text : Array.from(text).slice(0, precision).join("");
    }
    case "q":
      return typeof value === "string" ? quoteGo(value) : bad;
    case "t":
      return typeof value === "boolean" ? String(value) : bad;
    case "d":
      return isInteger(value) ? plus + display(value) : bad;
    case "x":
    case "X": {
      const hex = isInteger(value) ? value.toString(16) : typeof value === "string" ? Buffer.from(value).toString("hex") : undefined;
      return hex === undefined ? bad : verb === "X" ? hex.toUpperCase() : hex;
    }
    case "o":
      return isInteger(value) ? value.toString(8) : bad;
    case "b":
      return isInteger(value) ? value.toString(2) : bad;
    case "c":
      return isInteger(value) && value >= 0 && value <= 0x10ffff ? String.fromCodePoint(Number(value)) : bad;
    case "f":
      return typeof value === "number" ? plus + value.toFixed(precision ?? 6) : bad;
    case "e":
      return typeof value === "number" ? plus + value.toExponential(precision ?? 6).replace(/e([+-])(\d)$/, "e$10$2") : bad;
    case "g":
      return typeof value === "number"
        ? plus + (precision === undefined ? String(value) : String(Number(value.toPrecision(precision || 1))))
        : bad;
    case "T":
      return goType(value);
    default:
      return bad;
  }
}

/** A string in double quotes as Go's `strconv.Quote` writes it. */
export function quoteGo(text: string): string {
  if (plain.test(text)) return `"${text}"`;
  let quoted = "";
  for (const character of text) quoted += quoteCharacter(character);
  return `"${quoted}"`;
}

/** Printable ASCII without quotes and backslashes: nearly every text, which a list has many of. */
const plain = /^[ !#-[\]-~]*$/;

const named: Readonly<Record<string, string>> = {
  '"': '\\"',
  "\\": "\\\\",
  "\n": "\\n",
  "\t": "\\t",
  "\r": "\\r",
  "\x07": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\v": "\\v",
};

function quoteCharacter(character: string): string {
  const short = named[character];
  if (short !== undefined) return short;
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x20 || code === 0x7f) return `\\x${code.toString(16).padStart(2, "0")}`;
  if (code < 0x7f || /[\p{L}\p{M}\p{N}\p{P}\p{S}]/u.test(character)) return character;
  return code > 0xffff ? `\\U${code.toString(16).padStart(8, "0")}` : `\\u${code.toString(16).padStart(4, "0")}`;
}

function pad(text: string, width: number, flags: string): string {
  const missing = width - Array.from(text).length;
  if (missing <= 0) return text;
  if (flags.includes("-")) return text + " ".repeat(missing);
  if (flags.includes("0") && /^[+-]?\d/.test(text)) {
    const sign = /^[+-]/.exec(text)?.[0] ?? "";
    return sign + "0".repeat(missing) + text.slice(sign.length);
  }
  return " ".repeat(missing) + text;
}

function isInteger(value: unknown): value is number | bigint {
  return typeof value === "bigint" || (typeof value === "number" && Number.isInteger(value));
}

function goType(value: unknown): string {
  if (typeof value === "string") return "string";
  if (typeof value === "boolean") return "bool";
  if (isInteger(value)) return "int";
  if (typeof value === "number") return "float64";
  if (Array.isArray(value)) return "[]interface {}";
  return value === null || value === undefined ? "<nil>" : "map[string]interface {}";
}
