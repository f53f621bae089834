import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

const root = path.resolve(import.meta.dir, "../..");

/** A line for a shell in a document, with what the document says about it. */
export interface DocumentExample {
  readonly line: string;
  /** Where it stands, from 1. */
  readonly at: number;
  readonly code: number;
  /** Null where the document shows no output and claims none. */
  readonly output: string | null;
}

/** A document and its examples, in their order. */
export interface Document {
  /** From the repository's root, `docs/cli/run.md`. */
  readonly file: string;
  readonly examples: readonly DocumentExample[];
}

/** The pages of commands. */
export function readPages(): Document[] {
  return readFolder("docs/cli");
}

/** README.md and what people have written about single subjects. */
export function readGuides(): Document[] {
  return [readDocument("README.md"), ...readFolder("docs")];
}

function readFolder(folder: string): Document[] {
  const files = readdirSync(path.join(root, folder)).filter((file) => file.endsWith(".md"));
  return files
    .sort()
    .map((file) => readDocument(`${folder}/${file}`))
    .filter(({ examples }) => examples.length > 0);
}

function readDocument(file: string): Document {
  return { file, examples: findExamples(readFileSync(path.join(root, file), "utf8")) };
}

/**
 * The examples of a Markdown text: each line of a `sh` block (without its comment), and each line behind `$ ` in a `console` block, which shows the
 * output below it. "(ends with 3):" above a `console` block is the exit code of its lines.
 */
export function findExamples(text: string): DocumentExample[] {
  const examples: DocumentExample[] = [];
  let language: string | null = null;
  let code = 0;
  for (const [index, line] of text.split("\n").entries()) {
    const at = index + 1;
    const fence = /^```+(\w*)$/.exec(line);
    if (fence !== null) language = language === null ? (fence[1] ?? "") : null;
    else if (language === null) {
      if (line !== "") code = Number(/\(ends with (\d+)\):$/.exec(line)?.[1] ?? 0);
    } else if (language === "sh") {
      const command = line.replace(/(^|\s+)# .*$/, "");
      if (command !== "") examples.push({ line: command, at, code: 0, output: null });
    } else if (language === "console") {
      const last = examples.at(-1);
      if (line.startsWith("$ ")) examples.push({ line: line.slice(2), at, code, output: "" });
      else if (last !== undefined) examples[examples.length - 1] = { ...last, output: `${last.output ?? ""}${line}\n` };
    }
  }
  return examples;
}
