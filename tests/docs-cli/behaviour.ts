/** One step of a person at a terminal. */
export interface Step {
  /** A line for a shell elsewhere, so that there is something to see. */
  readonly meanwhile?: string;
  /** What is waited for. */
  readonly expect: string | RegExp;
  /** What is typed then. */
  readonly type: string;
}

const ctrlC = "\x03";

/** The shell may draw its prompt several times when somebody attaches: only what has been written tells that it is ready again. */
const afterHello = /\nhello\r\n[^]*# /;

/** Examples that need a person at a terminal, and what that person does. */
export const sessions: readonly {
  readonly line: RegExp;
  readonly steps: readonly Step[];
  /** What it ends with when that is the person's doing. */
  readonly code?: number;
}[] = [
  { line: /^(dist\/)?berth (run|exec) .*-it .* sh$/, steps: [prompt("echo hello\n"), prompt("exit\n")] },
  { line: /^berth enter web$/, steps: [prompt("id -un\n"), prompt("exit\n")] },
  {
    line: /^berth attach shell/,
    steps: [prompt("echo hello\n"), { expect: afterHello, type: "\x10\x11" }],
  },
  { line: /^berth attach --no-stdin/, steps: [{ meanwhile: sayInWeb(), expect: "a visitor", type: ctrlC }], code: 130 },
  { line: /^berth logs .*-f/, steps: [{ expect: "listening", type: ctrlC }], code: 130 },
  { line: /^berth events$/, steps: [{ meanwhile: "berth restart -t 1 db", expect: "started", type: ctrlC }], code: 130 },
  { line: /^berth top$/, steps: [{ expect: /web[^\n]+\d%/, type: "q" }] },
  { line: /^berth stats$/, steps: [{ expect: /web[^\n]+%/, type: ctrlC }], code: 130 },
  { line: /^berth container prune$/, steps: [{ expect: "[y/N]", type: "y\n" }] },
];

/** Examples that cannot run here, and why. */
export const leftOut: readonly { readonly file?: RegExp; readonly line: RegExp; readonly reason: string }[] = [
  { line: /bootstrap debian/, reason: "needs a Debian mirror" },
  { line: /^berth checkpoint|--checkpoint/, reason: "needs criu, and a kernel that it knows: tests/guest has them" },
  { file: /^docs\/checkpoints/, line: /./, reason: "the same" },
  { line: /^docker /, reason: "needs the docker CLI: tests/sdk has it" },
  { line: /^berth daemon(?!.* --validate)/, reason: "is the engine that all others here talk to, with its folders" },
  { line: /^make /, reason: "sets the machine up: this suite runs behind it" },
];

/** What must be so before an example makes sense, and what is no news to its reader. */
export const preparations: readonly { readonly line: RegExp; readonly shell: string }[] = [
  { line: /^berth ps .*status=exited/, shell: "berth stop db" },
  { line: /dangling=true/, shell: "berth import rootfs.tar" },
  { line: /^berth (save|rmi) .*tools:1/, shell: "berth image inspect tools:1 >/dev/null 2>&1 || berth tag busybox tools:1" },
];

function prompt(type: string): Step {
  // Busybox asks the terminal where its cursor is.
  // oxlint-disable-next-line no-control-regex
  return { expect: /[#$] (?:\x1b\[6n|\x1b\[J)?$/, type };
}

function sayInWeb(): string {
  return "berth exec web sh -c 'echo a visitor > /proc/1/fd/1'";
}
