import type { AcceptedDifference } from "./case.ts";

/** Where the `berth` command line means to differ from the docker CLI, both against Berth's engine. `docker` is the docker CLI's value. */
export const acceptedOfCli: readonly AcceptedDifference[] = [
  {
    cases: /^flags: create, network/,
    at: /^--network host --link plain\.code$/,
    docker: 125,
    berth: 1,
    reason:
      "links beside the host's network are refused by the engine, so with 1, as with the docker CLI since 25; 20.10 itself refuses them",
  },
  {
    cases: /^flags: create, storage/,
    at: /VolumeOptions\.DriverConfig$/,
    reason: "a mount without a driver sends no empty driver, as the docker CLI does since 23",
  },
  {
    cases: /^flags: create, network/,
    at: /(Config\.MacAddress|changed\.NetworkSettings\.Networks)$/,
    reason: "addresses are asked for at the endpoint, as the docker CLI does since 25; 20.10 leaves --ip out on the default network",
  },
  {
    cases: /^flags: run, network/,
    at: /^--(ip|network-alias) .*\.(code|stdout)$/,
    reason: "--ip and --network-alias on the default network are refused, as with the docker CLI since 25; 20.10 leaves them out",
  },
  {
    cases: /^flags: create, security/,
    at: /Cap(Add|Drop)\[0\]$/,
    reason: "capabilities are sent with their whole names, as the docker CLI does since 28",
  },
  {
    cases: /^stats: by the docker CLI/,
    at: /^--format json s1\.stdout$/,
    reason: "--format json writes JSON, as the docker CLI does since 23; 20.10 writes the word",
  },
];
