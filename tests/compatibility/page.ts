import path from "node:path";
import { readBerthCommands } from "./berth-commands.ts";
import { readDockerCommands } from "./docker-commands.ts";
import { readEndpoints } from "./endpoints.ts";
import { clientOnly, ownTests } from "./own-tests.ts";
import { renderPage } from "./render.ts";
import { readResults } from "./results.ts";

/** Where the page is. */
export const pageFile: string = path.resolve(import.meta.dir, "../../docs/compatibility.md");

/** The page as the committed results and today's commands make it. */
export async function makePage(): Promise<string> {
  const docker = readDockerCommands();
  return renderPage({
    docker,
    berth: await readBerthCommands(),
    endpoints: readEndpoints(),
    results: readResults(),
    ownTests: new Map(ownTests.flatMap((own) => own.items.map((item) => [item, own]))),
    clientOnly: new Map(
      docker.flatMap(({ name }) =>
        clientOnly.filter(({ commands }) => commands.test(name)).map(({ words }): [string, string] => [name, words]),
      ),
    ),
  });
}
