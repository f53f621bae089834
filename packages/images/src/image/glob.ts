import { fail } from "@berth/base";
import { compilePattern, type Pattern, PatternError } from "@berth/spec";

/**
 * A pattern of Go's path.Match: `*` and `?` stop at slashes, `[a-z]` and `[^a]` are classes, a backslash quotes.
 * @throws invalid `syntax error in pattern`
 */
export function globPattern(pattern: string): Pattern {
  let source = "";
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern[at] ?? "";
    if (character === "*") {
      // Several in a row mean the same as one.
      if (pattern[at - 1] !== "*" || at === 0) source += "[^/]*";
    } else if (character === "?") source += "[^/]";
    else if (character === "\\") {
      at++;
      if (at >= pattern.length) throw fail("invalid", "syntax error in pattern");
      source += quote(pattern[at] ?? "");
    } else if (character === "[") {
      const end = pattern.indexOf("]", at + 2);
      if (end < 0) throw fail("invalid", "syntax error in pattern");
      const body = pattern.slice(at + 1, end);
      const negated = body.startsWith("^");
      source += `[${negated ? "^" : ""}${body.slice(negated ? 1 : 0).replace(/[\\[\]^]/g, "\\$&")}]`;
      at = end;
    } else source += quote(character);
  }
  try {
    return compilePattern(`^${source}$`);
  } catch (error) {
    if (error instanceof PatternError) throw fail("invalid", "syntax error in pattern", error);
    throw error;
  }
}

function quote(character: string): string {
  return character.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
}
