import { type EngineKind, engineNames } from "../engines/engine.ts";
import { type BenchResult, goalText, isReached, ratio, type ResultRow, valueText } from "./result.ts";

/** Head and cells of a result's table: title, each engine, Berth's ratios, the goal. */
export function cells(result: BenchResult): readonly (readonly string[])[] {
  const kinds = result.engines.map(({ kind }) => kind);
  const others = kinds.includes("berth") ? kinds.filter((kind) => kind !== "berth") : [];
  const head = ["what", "unit", ...kinds.map((kind) => engineNames[kind]), ...others.map((kind) => `/ ${engineNames[kind]}`), "goal"];
  return [
    head,
    ...result.rows.map((row) => [
      row.title,
      row.unit,
      ...kinds.map((kind) => figureText(row, kind)),
      ...others.map((kind) => ratioText(row, kind)),
      goalCell(row),
    ]),
  ];
}

/** What a table needs said before it: when, where, with what. */
export function facts(result: BenchResult): readonly string[] {
  const floors = Object.entries(result.floorMs).map(([command, ms]) => `${command} ${valueText(ms)} ms`);
  const load = (values: readonly number[]): string => values.map((value) => value.toFixed(1)).join(" ");
  return [
    `${result.date}, ${result.machine}`,
    `load at the start ${load(result.load.start)}, at the end ${load(result.load.end)}; all took ${Math.round(result.tookSeconds)} s`,
    `${result.engines.map(({ version }) => version).join(", ")}, each in a sandbox of its own`,
    `stock CLI: ${result.cli}; against a server that does nothing: ${floors.join(", ") || "not measured"}`,
    `medians (and the middle half) of ${result.rounds} interleaved rounds; what takes seconds has fewer`,
  ];
}

/** What failed and what has to be known, a line each. */
export function remarks(result: BenchResult): readonly string[] {
  return result.rows.flatMap((row) =>
    result.engines.flatMap(({ kind }) => {
      const figure = row.engines[kind];
      return [
        ...(figure?.failed === undefined ? [] : [`failed: ${row.title}, ${engineNames[kind]}: ${figure.failed}`]),
        ...(figure?.note === undefined ? [] : [`${row.title}, ${engineNames[kind]}: ${figure.note}`]),
      ];
    }),
  );
}

/** For people at a terminal. */
export function plainText(result: BenchResult): string {
  const rows = cells(result).map((row) => row.map((cell) => cell.replaceAll("`", "")));
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) =>
        column < 2 || column === row.length - 1 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join("  ")
      .trimEnd(),
  );
  return [...facts(result), "", ...lines, ...block(remarks(result))].join("\n");
}

/** For a document. */
export function markdown(result: BenchResult): string {
  const [head = [], ...rows] = cells(result);
  const line = (row: readonly string[]): string => `| ${row.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  const notes = remarks(result).map((text) => `- ${text}`);
  return [`${facts(result).join(";\n")}.`, "", line(head), line(head.map(() => "---")), ...rows.map(line), ...block(notes)].join("\n");
}

function block(lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ["", ...lines];
}

function figureText(row: ResultRow, kind: EngineKind): string {
  const figure = row.engines[kind];
  if (figure?.median === undefined) return figure?.failed === undefined ? "" : "failed";
  if (figure.values.length < 2 || figure.low === undefined || figure.high === undefined) return valueText(figure.median);
  return `${valueText(figure.median)} (${valueText(figure.low)}–${valueText(figure.high)})`;
}

function ratioText(row: ResultRow, to: EngineKind): string {
  return ratio(row, to)?.toFixed(2) ?? "";
}

function goalCell(row: ResultRow): string {
  if (row.goal === undefined) return "";
  const reached = isReached(row);
  return `${goalText(row.goal, row.unit)}${reached === null ? "" : reached ? ", reached" : ", missed"}`;
}
