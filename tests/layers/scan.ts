import { parseSync, Visitor } from "oxc-parser";

/** One import of a module, in whichever way it is written. */
export interface ImportFound {
  readonly specifier: string;
  readonly line: number;
  /** `export … from`. */
  readonly reExport: boolean;
}

/** What the layer rules need to know about one source file. */
export interface Scan {
  /** Static imports (with `import type`), re-exports, `import()`, `import("…").T`, `require()`. */
  readonly imports: readonly ImportFound[];
  /** Lines with an import whose module is computed and so cannot be checked. */
  readonly computedImports: readonly number[];
  /** Lines with `new Worker(…)`. */
  readonly newWorkers: readonly number[];
  /** Lines with `Bun.spawn(…)`. */
  readonly spawns: readonly number[];
  /** Arguments of `openWorker(…)` and `pingWorker(…)`; null for one that is no plain string. */
  readonly openWorkers: readonly { readonly path: string | null; readonly line: number }[];
  readonly defaultExports: readonly number[];
  readonly enums: readonly number[];
  /** Lines on which a string starts that reads as SQL. */
  readonly sql: readonly number[];
  /** Lines with a comment that puts work off. */
  readonly unfinished: readonly number[];
  readonly lines: number;
  /** First syntax error, if there is one. */
  readonly syntaxError: string | null;
}

const sqlPattern =
  /^\s*(select\s[\s\S]*\sfrom\s|insert\s+(or\s+\w+\s+)?into\s|replace\s+into\s|update\s+\w+\s+set\s|delete\s+from\s|(create|drop|alter)\s+(unique\s+)?(table|index|view|trigger)\s|pragma\s+\w+|with\s+\w+\s+as\s*\()/i;

/**
 * Reads one TypeScript file's imports and the few constructs that the rules forbid.
 * @param path only decides how the file is parsed (`.ts`, `.tsx`)
 */
export function scan(path: string, source: string): Scan {
  const { program, errors, comments } = parseSync(path, source);
  const lineOf = lineFinder(source);
  const imports: ImportFound[] = [];
  const computedImports: number[] = [];
  const newWorkers: number[] = [];
  const spawns: number[] = [];
  const openWorkers: { path: string | null; line: number }[] = [];
  const defaultExports: number[] = [];
  const enums: number[] = [];
  const sql: number[] = [];

  function add(module: { readonly type: string; readonly value?: unknown }, at: number, reExport = false): void {
    if (module.type === "Literal" && typeof module.value === "string") {
      imports.push({ specifier: module.value, line: lineOf(at), reExport });
    } else computedImports.push(lineOf(at));
  }
  function checkText(text: string, at: number): void {
    if (sqlPattern.test(text)) sql.push(lineOf(at));
  }

  new Visitor({
    ImportDeclaration: (node) => add(node.source, node.start),
    ExportAllDeclaration: (node) => add(node.source, node.start, true),
    ExportNamedDeclaration: (node) => {
      if (node.source !== null) add(node.source, node.start, true);
      for (const one of node.specifiers) {
        if (one.exported.type === "Identifier" && one.exported.name === "default") defaultExports.push(lineOf(one.start));
      }
    },
    ExportDefaultDeclaration: (node) => {
      defaultExports.push(lineOf(node.start));
    },
    ImportExpression: (node) => add(node.source, node.start),
    TSImportType: (node) => add(node.source, node.start),
    TSEnumDeclaration: (node) => {
      enums.push(lineOf(node.start));
    },
    NewExpression: (node) => {
      if (node.callee.type === "Identifier" && node.callee.name === "Worker") newWorkers.push(lineOf(node.start));
    },
    CallExpression: (node) => {
      if (source.slice(node.callee.start, node.callee.end) === "Bun.spawn") spawns.push(lineOf(node.start));
      if (node.callee.type !== "Identifier") return;
      const argument = node.arguments[0];
      if (node.callee.name === "require" && argument !== undefined) add(argument, node.start);
      if (node.callee.name === "openWorker" || node.callee.name === "pingWorker") {
        const literal = argument?.type === "Literal" && typeof argument.value === "string" ? argument.value : null;
        openWorkers.push({ path: literal, line: lineOf(node.start) });
      }
    },
    Literal: (node) => {
      if (typeof node.value === "string") checkText(node.value, node.start);
    },
    TemplateLiteral: (node) => checkText(node.quasis.map((part) => part.value.raw).join("?"), node.start),
  }).visit(program);

  return {
    imports,
    computedImports,
    newWorkers,
    spawns,
    openWorkers,
    defaultExports,
    enums,
    sql,
    unfinished: comments.filter((comment) => /\b(TODO|FIXME|XXX|HACK)\b/.test(comment.value)).map((comment) => lineOf(comment.start)),
    lines: source.split("\n").length - (source.endsWith("\n") ? 1 : 0),
    syntaxError: errors[0]?.message ?? null,
  };
}

/** A function that turns an offset into a line number, counted from 1. */
function lineFinder(source: string): (offset: number) => number {
  const starts = [0];
  for (let at = source.indexOf("\n"); at >= 0; at = source.indexOf("\n", at + 1)) starts.push(at + 1);
  return (offset) => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return low + 1;
  };
}
