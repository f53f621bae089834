/** Starts the engine in the background, unless it runs already, and runs a first container. */
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { ask, daemonPid, enginePlace, logTail, waitFor } from "./kit/engine.ts";
import { executable } from "./kit/paths.ts";
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
  const began = performance.now();
  mkdirSync(place.execRoot, { recursive: true });
  mkdirSync(dirname(place.logPath), { recursive: true });
  const log = openSync(place.logPath, "a", 0o640);
  const daemon = spawn(
    executable,
    ["daemon", "--data-root", place.dataRoot, "--exec-root", place.execRoot, "-H", host, "--pidfile", place.pidFile],
    { cwd: "/", stdio: ["ignore", log, log], detached: true },
  );
  let ended: string | null = null;
  daemon.on("error", (error) => {
    ended = error.message;
  });
  daemon.on("exit", (code, signal) => {
    ended = `exit code ${code ?? signal}`;
  });
  const answers = await waitFor(async () => ended !== null || (await ask(place, "GET", "/_ping"))?.ok === true, 30_000);
  if (ended !== null) giveUp(`The engine ended at its start: ${ended}. The end of ${place.logPath}:\n${logTail(place)}`);
  if (!answers) giveUp(`The engine does not answer at ${host}. The end of ${place.logPath}:\n${logTail(place)}`);
  daemon.unref();
  endLine(`pid ${daemon.pid}, ${seconds(performance.now() - began)}`);
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
