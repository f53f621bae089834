import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { buildBusyboxImage } from "../harness/busybox-image.ts";
import { berthCommand, loadImage, type RunningEngine, startBerth } from "../harness/engines.ts";
import { openPty } from "../harness/pty.ts";
import { openSandbox, run, type Sandbox } from "../harness/sandbox.ts";

let sandbox: Sandbox;
let engine: RunningEngine;
let folder = "";
let environment: Record<string, string> = {};

beforeAll(async () => {
  sandbox = await openSandbox("completion");
  engine = await startBerth(sandbox);
  await loadImage(engine, buildBusyboxImage("busybox:latest").archive);
  folder = `${sandbox.folder}/here`;
  mkdirSync(`${folder}/programs`, { recursive: true });
  mkdirSync(`${folder}/home/.docker`, { recursive: true });
  symlinkSync(berthCommand(), `${folder}/programs/berth`);
  writeFileSync(`${folder}/settings.env`, "A=1\n");
  mkdirSync(`${folder}/site`);
  environment = {
    PATH: `${folder}/programs:/usr/bin:/bin`,
    HOME: `${folder}/home`,
    DOCKER_CONFIG: `${folder}/home/.docker`,
    BERTH_HOST: `unix://${engine.socket}`,
    TERM: "dumb",
  };
  for (const words of [
    ["run", "-d", "--init", "--name", "web", "busybox", "sleep", "1000"],
    ["run", "-d", "--init", "--name", "frozen", "busybox", "sleep", "1000"],
    ["pause", "frozen"],
    ["create", "--name", "fresh", "busybox", "true"],
    ["run", "--name", "done", "busybox", "true"],
    ["network", "create", "inner"],
    ["context", "create", "far", "--docker", "host=tcp://192.0.2.1:2375"],
  ]) {
    const { code, stderr } = await run([berthCommand(), ...words], { env: environment });
    if (code !== 0) throw new Error(`${words.join(" ")}: ${stderr}`);
  }
}, 60_000);
afterAll(async () => {
  // What is frozen cannot end.
  await run([berthCommand(), "rm", "-f", "frozen", "web"], { env: environment });
  await engine?.stop();
  await sandbox?.close();
}, 60_000);

/** Words offered for the end of a line, sorted. */
type Ask = (line: string, env?: Readonly<Record<string, string>>) => Promise<string[]>;

async function words(command: readonly string[], line: string, env: Readonly<Record<string, string>> = {}): Promise<string[]> {
  const result = await run(command, { env: { ...environment, COMPLETED: line, FOLDER: folder, ...env }, timeoutMs: 30_000 });
  expect({ code: result.code, stderr: result.stderr }).toEqual({ code: 0, stderr: "" });
  // zsh offers files twice: by their pattern, and then all.
  const offered = result.stdout.split("\n").map((word) => word.trim());
  return [...new Set(offered)].filter((word) => word !== "").sort();
}

/** Splits the line as readline does, at COMP_WORDBREAKS, and calls the function that was registered for the command. */
const bashDriver = `
cd "$FOLDER"
source <(berth completion bash)
COMP_LINE=$COMPLETED COMP_POINT=\${#COMPLETED} COMP_WORDS=() COMP_CWORD=0
rest=$COMP_LINE word=""
while [[ -n $rest ]]; do
  c=\${rest:0:1} rest=\${rest:1}
  if [[ $c == " " ]]; then [[ -n $word ]] && COMP_WORDS+=("$word"); word=""
  elif [[ $c == [=:] ]]; then [[ -n $word ]] && COMP_WORDS+=("$word"); COMP_WORDS+=("$c"); word=""
  else word+=$c; fi
done
last=\${COMP_LINE: -1}
if [[ -n $word || $last != [=:] ]]; then COMP_WORDS+=("$word"); fi
COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
registered=$(complete -p berth); registered=\${registered#*-F }; registered=\${registered%% *}
COMPREPLY=()
$registered berth "\${COMP_WORDS[COMP_CWORD]}" ""
printf '%s\\n' "\${COMPREPLY[@]}"
`;

/**
 * The function runs inside of a widget of zsh's own, on a line that was typed to a terminal of its own (zpty). A key that comes before the line
 * editor has begun is the terminal's: the editor says when it has.
 */
const zshDriver = `
cd "$FOLDER"
zmodload zsh/zpty
zpty shell zsh -f -i
drain() { local piece; while zpty -rt shell piece 2>/dev/null; do :; done }
zpty -w shell 'PS1=; PROMPT=; unsetopt zle_bracketed_paste; stty -echo; autoload -U compinit; compinit -u -D; source <(berth completion zsh); zstyle ":completion:*" list-separator ""; compadd() { builtin compadd -O offered "$@"; [[ -n $offered ]] && print -rl -- "<\${(@)^offered}>" >> $FOLDER/offered; builtin compadd "$@" }; zle-line-init() { touch $FOLDER/ready }; zle -N zle-line-init'
until [[ -e $FOLDER/ready ]]; do sleep 0.05; drain; done
rm -f $FOLDER/offered $FOLDER/ready
zpty -w -n shell "$COMPLETED"$'\\t'
zpty -w -n shell $'\\x15'"true"$'\\n'
until [[ -e $FOLDER/ready ]]; do sleep 0.05; drain; done
rm -f $FOLDER/ready
zpty -d shell
[[ -e $FOLDER/offered ]] && sed -n 's/^<\\(.*\\)>$/\\1/p' $FOLDER/offered
rm -f $FOLDER/offered
`;

const fishDriver = `
cd "$FOLDER"
berth completion fish | source
complete -C "$COMPLETED" | string replace -r '\\t.*' ''
true
`;

const shells: readonly { readonly name: string; readonly program: string; readonly ask: Ask }[] = [
  { name: "bash", program: "/bin/bash", ask: (line, env) => words(["bash", "--norc", "-c", bashDriver], line, env) },
  { name: "zsh", program: "/usr/bin/zsh", ask: (line, env) => words(["zsh", "-f", "-c", zshDriver], line, env) },
  { name: "fish", program: "/usr/bin/fish", ask: (line, env) => words(["fish", "--no-config", "-c", fishDriver], line, env) },
];

test("the shells are there when all peers shall be", () => {
  if (process.env["PEERS"] === "1") expect(shells.filter(({ program }) => !existsSync(program))).toEqual([]);
});

for (const { name, program, ask } of shells) {
  describe.skipIf(!existsSync(program))(name, () => {
    const cases: readonly (readonly [line: string, offered: readonly string[]])[] = [
      ["berth sto", ["stop"]],
      ["berth context us", ["use"]],
      ["berth start ", ["done", "fresh"]],
      ["berth stop ", ["frozen", "web"]],
      ["berth unpause ", ["frozen"]],
      ["berth exec w", ["web"]],
      ["berth logs ", ["done", "frozen", "web"]],
      ["berth stop web f", ["frozen"]],
      ["berth rm ", ["done", "fresh", "frozen", "web"]],
      ["berth -D stop w", ["web"]],
      ["berth context use ", ["default", "far"]],
      ["berth --context ", ["default", "far"]],
      ["berth run --network ", ["bridge", "host", "inner", "none"]],
      ["berth run --restart un", ["unless-stopped"]],
      ["berth run --rm busy", ["busybox:latest"]],
      ["berth ps --no-t", ["--no-trunc"]],
      ["berth run --env-file set", ["settings.env"]],
      ["berth daemon --data-root si", [name === "fish" ? "site/" : "site"]],
      ["berth cp web", ["web:"]],
      ["berth completion ", ["bash", "fish", "zsh"]],
      ["berth daemon --data-r", ["--data-root"]],
      ["berth nonsense ", []],
    ];
    for (const [line, offered] of cases) {
      test(line, async () => {
        // On a busy machine the engine may be counted as away: a shell does not wait long.
        for (let attempt = 1; ; attempt++) {
          const found = await ask(line);
          if (attempt < 5 && !Bun.deepEquals(found, [...offered])) continue;
          expect(found).toEqual([...offered]);
          break;
        }
      }, 90_000);
    }

    test("a value behind =", async () => {
      const offered = await ask("berth run --network=in");
      expect(offered).toEqual([name === "bash" ? "inner" : "--network=inner"]);
    }, 40_000);

    test("without an engine there are commands and flags, and nobody complains", async () => {
      const away = { BERTH_HOST: `unix://${folder}/nothing.sock` };
      expect(await ask("berth stop ", away)).toEqual([]);
      expect(await ask("berth sto", away)).toEqual(["stop"]);
      expect(await ask("berth ps --no-t", away)).toEqual(["--no-trunc"]);
    }, 90_000);
  });
}

test("the tab key, in a bash on a terminal", async () => {
  const shell = openPty(["bash", "--norc", "--noprofile", "-i"], { ...environment, PS1: "ready> " });
  try {
    shell.type('cd "$HOME"; source <(berth completion bash); echo loaded=$?\n');
    await shell.expect("loaded=0");
    for (const [typed, shown] of [
      ["berth stop fro\t", "berth stop frozen "],
      ["berth run --network=inn\t", "berth run --network=inner "],
      ["berth run --network inn\t", "berth run --network inner "],
      ["berth run --rm busybox:l\t", "berth run --rm busybox:latest "],
      ["berth cp done\t", "berth cp done:"],
    ] as const) {
      shell.type(typed);
      await shell.expect(shown);
      shell.type("\x15");
    }
  } finally {
    shell.kill();
    await shell.exited;
  }
}, 60_000);

test("what an engine calls its containers cannot be more than a word", async () => {
  const answer = JSON.stringify([
    { Id: "0".repeat(64), Names: ["/ok", "/$(touch hacked)", "/a b", "/x\ny"], Image: "i\tx\u001b[31m", Status: "Up" },
  ]);
  using server = Bun.serve({ unix: `${folder}/hostile.sock`, fetch: () => new Response(answer) });
  const { code, stdout } = await run([berthCommand(), "__complete", "-H", `unix://${folder}/hostile.sock`, "rm", ""], { env: environment });
  expect(server.hostname).toBeUndefined();
  expect([code, stdout]).toEqual([0, "ok\ti x [31m, Up\n:\n"]);
});

test("an engine that does not answer is not waited for", async () => {
  using server = Bun.serve({ unix: `${folder}/silent.sock`, fetch: () => new Promise<Response>(() => undefined) });
  const { code, stdout } = await run([berthCommand(), "__complete", "-H", `unix://${folder}/silent.sock`, "rm", ""], {
    env: environment,
    timeoutMs: 30_000,
  });
  expect([code, stdout, server.hostname]).toEqual([0, ":\n", undefined]);
});
