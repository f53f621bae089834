/** A test of Berth's own that shows what the comparison with dockerd 20.10 cannot. */
export interface OwnTest {
  readonly file: string;
  /** As the file has it. */
  readonly name: string;
  /** Commands, and `command --flag`. */
  readonly items: readonly string[];
}

/** Flags of docker CLIs since 20.10, and what needs a kernel or a program that the comparison does not have. */
export const ownTests: readonly OwnTest[] = [
  newer("annotations", ["create --annotation", "run --annotation"]),
  newer("the interval of health checks at the start", ["create --health-start-interval", "run --health-start-interval"]),
  newer("the engine's socket in a container", ["create --use-api-socket", "run --use-api-socket"]),
  newer("another signal for stop and restart", ["stop --signal", "restart --signal"]),
  newer("quiet copies and quiet pulls", ["cp --quiet", "create --quiet", "run --quiet"]),
  newer("images of one platform", ["save --platform", "load --platform", "import --platform"]),
  newer("networks that are not there, removed by force", ["network rm --force"]),
  newer("all capabilities for a privileged container", ["run --privileged"]),
  {
    file: "tests/guest/guest.test.ts",
    name: "the life of containers",
    items: ["checkpoint create", "checkpoint create --leave-running", "checkpoint ls", "checkpoint rm", "start --checkpoint"],
  },
];

function newer(name: string, items: readonly string[]): OwnTest {
  return { file: "tests/cli/newer-flags.test.ts", name, items };
}

/** Commands of docker that are none of an engine's matters, and what the page says of them. */
export const clientOnly: readonly { readonly commands: RegExp; readonly words: string }[] = [
  { commands: /^trust /, words: "docker's CLI alone, with a notary server; it asks no engine but for a push" },
  { commands: /^(logout|context .*|stack config)$/, words: "docker's CLI alone; it asks no engine" },
  { commands: /^manifest /, words: "docker's CLI alone, with a registry; it asks no engine" },
];
