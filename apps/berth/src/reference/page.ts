import type { Example } from "../help-text/example.ts";
import type { Output } from "./outputs.ts";
import type { FlagSection, Subject } from "./subject.ts";

/** Name of a subject's file, without its ending. */
export function pageName(name: string): string {
  return name.replaceAll(" ", "-");
}

/** The page of one command as Markdown. */
export function commandPage(subject: Subject, outputs: readonly Output[]): string {
  const parts = [`# berth ${subject.name}`, `${prose(subject.summary)}.`, block("", [`berth ${subject.name} ${subject.usage}`.trimEnd()])];
  if (subject.aliases.length > 0) parts.push(`Also written ${subject.aliases.map((alias) => `\`berth ${alias}\``).join(", ")}.`);
  if (subject.about !== "") parts.push(prose(subject.about));
  if (subject.examples.length > 0) parts.push("## Examples", ...exampleParts(subject.examples, outputs));
  parts.push("## Flags", ...subject.flags.flatMap(flagParts));
  parts.push("## Exit codes", table(["code", "says"], subject.exitCodes));
  if (subject.seeAlso.length > 0) {
    parts.push("## See also", subject.seeAlso.map((other) => `[berth ${other}](${pageName(other)}.md)`).join(", "));
  }
  return `${parts.join("\n\n")}\n`;
}

/** Flags as tables, one below each title. */
export function flagParts({ title, lines }: FlagSection): string[] {
  const rows = lines.map(({ names, value, fallback, help }) => [names.map(code).join(", "), value, code(fallback), prose(help)]);
  return [...(title === "" ? [] : [`### ${title}`]), table(["flag", "value", "default", "does"], rows)];
}

/** Examples, each with what it does and what it has written. */
export function exampleParts(examples: readonly Example[], outputs: readonly Output[]): string[] {
  const left = [...outputs];
  return examples.flatMap(({ line, does, code: exitCode }) => {
    const at = left.findIndex((output) => output.line === line);
    const [found] = at < 0 ? [] : left.splice(0, at + 1).slice(-1);
    const ends = exitCode === undefined ? "" : ` (ends with ${exitCode})`;
    return [`${prose(does)}${ends}:`, block("console", [`$ ${line}`, ...linesOf(found?.output ?? "")])];
  });
}

function linesOf(output: string): string[] {
  return output === "" ? [] : output.replace(/\n$/, "").split("\n");
}

/** A fenced block; the fence is longer than any in the text. */
function block(language: string, lines: readonly string[]): string {
  const fence = lines.some((line) => line.includes("```")) ? "````" : "```";
  return [`${fence}${language}`, ...lines, fence].join("\n");
}

/** A table; cells are Markdown. */
export function table(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(titles), `|${titles.map(() => "---|").join("")}`, ...rows.map(line)].join("\n");
}

function code(text: string): string {
  return text === "" ? "" : `\`${text}\``;
}

/** Plain words as Markdown: what is quoted as something to type, in quotes, becomes code; what would be HTML or emphasis is not. */
export function prose(text: string): string {
  return text
    .replaceAll(/(?<![\w'])'(-?[^'\s][^']*)'(?!\w)/g, "`$1`")
    .split(/(`[^`]*`)/)
    .map((part) => (part.startsWith("`") ? part : part.replaceAll("<", "&lt;").replaceAll("*", "\\*").replaceAll("_", "\\_")))
    .join("");
}
