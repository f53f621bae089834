/** Starts the engine in the background, unless it runs already, and runs a first container. */
import { spawnSync } from "node:child_process";
import { ask, daemonPid, enginePlace, logTail } from "./kit/engine.ts";
import { executable } from "./kit/paths.ts";
import { startDaemon } from "./kit/start-daemon.ts";
import { beginLine, endLine, line, seconds } from "./kit/print.ts";

const place = enginePlace();
const host = `unix://${place.socket}`;
const image = "busybox";

function giveUp(reason: string): never {
  endLine("failed");
  process.stderr.write(`${reason}\n`);
  process.exit(1);
}

/** Runs the CLI against this engine. */
function berth(...args: string[]): { readonly code: number | null; readonly output: string } {
  const { status, stdout, stderr } = spawnSync(executable, args, {
    env: { ...process.env, DOCKER_HOST: host },
    encoding: "utf8",
    timeout: 300_000,
  });
  return { code: status, output: stdout + stderr };
}

async function startEngine(): Promise<void> {
  beginLine("start the engine");
  if ((await ask(place, "GET", "/_ping"))?.ok === true) {
    const pid = daemonPid(place);
    endLine(`runs already${pid === null ? "" : `, pid ${pid}`}`);
    return;
  }
  if (process.getuid?.() !== 0) giveUp("The engine needs root: run make start as root.");
  try {
    const began = performance.now();
    const pid = await startDaemon(place);
    endLine(`pid ${pid}, ${seconds(performance.now() - began)}`);
  } catch (error) {
    giveUp(error instanceof Error ? error.message : String(error));
  }
}

async function provideImage(): Promise<void> {
  beginLine(`image ${image}`);
  if ((await ask(place, "GET", `/images/${image}/json`))?.ok === true) {
    endLine("is there");
    return;
  }
  const began = performance.now();
  const { code, output } = berth("image", "bootstrap", image);
  if (code !== 0) giveUp(`berth image bootstrap ${image} failed:\n${output}`);
  endLine(seconds(performance.now() - began));
}

function runContainer(): void {
  beginLine("run a first container");
  const began = performance.now();
  const greeting = "Hello from a container that Berth runs.";
  const { code, output } = berth("run", "--rm", image, "echo", greeting);
  if (code !== 0 || output.trim() !== greeting) giveUp(`berth run --rm ${image} echo … ended with ${code}:\n${output}\n${logTail(place)}`);
  endLine(seconds(performance.now() - began));
  line();
  line(`  ${output.trim()}`);
  line();
}

await startEngine();
await provideImage();
runContainer();
line(`The engine listens at ${place.socket}, logs to ${place.logPath} and keeps its data in ${place.dataRoot}. Try next:`);
line();
line(`  export DOCKER_HOST=${host}`);
line(`  docker run -it --rm ${image} sh          or: dist/berth run -it --rm ${image} sh`);
line("  dist/berth image bootstrap debian         a Debian image without a registry");
line("  make stop                                 stops the engine");
process.exit(0);
