import { leftOut, preparations, sessions } from "./behaviour.ts";
import type { Document, DocumentExample } from "./examples.ts";
import { isSameOutput } from "./same-output.ts";
import type { Beginning, Outcome, World } from "./world.ts";

/** What has come of an example. */
export interface Result extends Outcome {
  readonly example: DocumentExample;
  /** What is wrong with its exit code, in words; null when it is the one that was to come. */
  readonly codeFault: string | null;
  /** The same for its output. */
  readonly outputFault: string | null;
}

/** Runs the examples of a document one after another; those that are left out have no result. */
export async function runDocument(world: World, document: Document, beginning: Beginning): Promise<Result[]> {
  await world.begin(beginning);
  const results: Result[] = [];
  for (const example of document.examples) {
    const { line } = example;
    if (leftOut.some((one) => one.line.test(line) && one.file?.test(document.file) !== false)) continue;
    for (const { line: pattern, shell } of preparations) if (pattern.test(line)) await world.run(shell);
    const session = sessions.find((one) => one.line.test(line));
    const outcome = session === undefined ? await world.run(line) : await world.act(line, session.steps);
    const code = session?.code ?? example.code;
    results.push({
      ...outcome,
      example,
      codeFault: outcome.code === code ? null : `${line}\nended with ${outcome.code}, not ${code}:\n${outcome.output}`,
      outputFault: outputFault(example, outcome),
    });
  }
  return results;
}

function outputFault({ line, output }: DocumentExample, outcome: Outcome): string | null {
  if (output === null || isSameOutput(line, output, outcome.output)) return null;
  return `${line}\nwrote\n${outcome.output}\nbut its document shows\n${output}`;
}
