/** A command of the docker CLI that this engine does not carry out. */
export interface NotYet {
  readonly words: readonly string[];
  readonly input?: string;
  /** What the page says it of; the command unless it is one of its flags. */
  readonly item?: string;
}

/**
 * Commands and flags of the docker CLI that this engine does not carry out. Each must fail, and what it says is shown in `docs/compatibility.md`. One that works fails
 * the suite: it is to be taken from this list, and wants a case.
 */
export const notYet: readonly NotYet[] = [
  { words: ["build", "-"], input: "FROM busybox\n" },
  { words: ["network", "create", "--ipv6", "six"], item: "network create --ipv6" },
  { words: ["network", "create", "--config-only", "settings"], item: "network create --config-only" },
  { words: ["network", "create", "--config-from", "settings", "other"], item: "network create --config-from" },
  { words: ["network", "create", "--ipam-opt", "a=b", "other"], item: "network create --ipam-opt" },
  ...[
    "pull busybox",
    "push busybox",
    "login -u nobody -p nothing registry.invalid",
    "search busybox",
    "system df",
    "system prune --force",
    "builder prune --force",
    "image prune --force",
    "volume prune --force",
    "network prune --force",
    "network connect bridge nobody",
    "network disconnect bridge nobody",
    "plugin create nothing /etc/apt",
    "plugin disable nothing",
    "plugin enable nothing",
    "plugin inspect nothing",
    "plugin install --grant-all-permissions nothing",
    "plugin push nothing",
    "plugin rm nothing",
    "plugin set nothing a=b",
    "plugin upgrade --grant-all-permissions nothing",
    "swarm init",
    "swarm ca",
    "swarm join --token nothing 127.0.0.1",
    "swarm leave",
    "swarm update --autolock",
    "swarm unlock-key",
    "swarm join-token worker",
    "node demote nothing",
    "node ls",
    "node inspect nothing",
    "node promote nothing",
    "node ps nothing",
    "node rm nothing",
    "node update --availability drain nothing",
    "service ls",
    "service create busybox",
    "service inspect nothing",
    "service logs nothing",
    "service ps nothing",
    "service rm nothing",
    "service rollback nothing",
    "service scale nothing=2",
    "service update nothing",
    "stack ls",
    "stack ps nothing",
    "stack rm nothing",
    "stack services nothing",
    "secret ls",
    "secret inspect nothing",
    "secret rm nothing",
    "config ls",
    "config inspect nothing",
    "config rm nothing",
  ].map((line) => ({ words: line.split(" ") })),
  { words: ["secret", "create", "nothing", "-"], input: "nothing" },
  { words: ["config", "create", "nothing", "-"], input: "nothing" },
  { words: ["stack", "deploy", "-c", "-", "nothing"], input: "version: '3'\nservices:\n  one:\n    image: busybox\n" },
  { words: ["swarm", "unlock"], input: "nothing\n" },
];

/** Endpoints of Docker's that this engine refuses; their words are shown too. */
export const notYetRequests: readonly (readonly [method: string, path: string])[] = [
  ["POST", "/auth"],
  ["POST", "/build"],
  ["POST", "/build/prune"],
  ["GET", "/distribution/busybox/json"],
  ["GET", "/images/search?term=busybox"],
  ["POST", "/images/prune"],
  ["POST", "/networks/bridge/connect"],
  ["POST", "/networks/bridge/disconnect"],
  ["POST", "/networks/prune"],
  ["POST", "/session"],
  ["GET", "/system/df"],
  ["POST", "/volumes/prune"],
  ["PUT", "/volumes/nothing"],
];
