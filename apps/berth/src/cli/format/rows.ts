import type { FunctionMap, Method } from "@berth/spec";
import { TemplateError, escapesHtml, executeTemplate, headerFunctions, parseTemplate, standardFunctions } from "@berth/spec";
import { StatusError } from "../status.ts";
import { alignColumns, listLayout } from "./table.ts";

/** The words above the columns, by field. */
export type Headers = Readonly<Record<string, string>>;

/** One line of a list: fields as text, and methods. What is dear to make is a getter, since few templates ask for it. */
export type Row = Readonly<Record<string, string | number | boolean | null | Method>>;

/** What to print of a list. */
export interface ListFormat {
  /** The user's `--format`, `table …`, `json`, a template, or the default table. */
  readonly format: string;
  readonly headers: Headers;
  /** Made for each item. */
  readonly rows: readonly Row[];
}

const functionNames = new Set([...Object.keys(standardFunctions), "and", "or"]);

/**
 * Writes a list the way docker does: a table with headers, or a line for each item.
 * @throws {StatusError} when the template cannot be used
 */
export function formatList(list: ListFormat): string {
  const isTable = list.format.startsWith("table");
  const template = parse(templateText(list.format), 1);
  const lines = list.rows.map(
    (row) => `${execute(template, Object.defineProperty(row, escapesHtml, { value: true }), standardFunctions)}\n`,
  );
  if (!isTable) return lines.join("");
  const header = execute(template, { ...list.headers, Label: lastWordOfLabel }, headerFunctions);
  return alignColumns(`${header}\n${lines.join("")}`, listLayout);
}

/** Parses a template of the user's; tells what is wrong in docker's words. Lists end with 1 then, as docker's do, all else with 64. */
export function parse(source: string, code = 64): ReturnType<typeof parseTemplate> {
  try {
    return parseTemplate(source, functionNames);
  } catch (error) {
    throw templateFailure(error, code);
  }
}

function execute(template: ReturnType<typeof parseTemplate>, data: object, functions: FunctionMap): string {
  try {
    return executeTemplate(template, data, { functions });
  } catch (error) {
    throw templateFailure(error, 1);
  }
}

/** A template's error as the command's. */
export function templateFailure(error: unknown, code: number): unknown {
  return error instanceof TemplateError ? new StatusError(code, `template parsing error: ${error.message}`) : error;
}

function templateText(format: string): string {
  if (format === "json") return "{{json .}}";
  const body = format.startsWith("table") ? format.slice("table".length) : format;
  return body
    .replace(/^ +| +$/g, "")
    .replaceAll("\\t", "\t")
    .replaceAll("\\n", "\n");
}

function lastWordOfLabel(name: string): string {
  return (name.split(".").pop() ?? "").replace(/[-_]/g, " ");
}
