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
    at: /^--(ip6?|network-alias) .*\.(code|stdout)$/,
    reason: "--ip, --ip6 and --network-alias on the default network are refused, as with the docker CLI since 25; 20.10 leaves them out",
  },
  {
    cases: /^flags: create, network/,
    at: /^--(ip6 bogus|network-alias other)\.(code|changed)$/,
    reason: "what --ip6 and --network-alias name is looked at on the default network too, as with the docker CLI since 25",
  },
  {
    cases: /^flags: create, security/,
    at: /Cap(Add|Drop)\[0\]$/,
    reason: "capabilities are sent with their whole names, as the docker CLI does since 28",
  },
  {
    cases: /^global flags: TLS, clients need no certificate/,
    at: /^--tls\.(code|stdout)$/,
    reason: "--tls asks for no file when the engine is not to be checked; docker's CLI then wants a ca.pem that it does not use",
  },
  {
    cases: /^stats: by the docker CLI/,
    at: /^--format json s1\.stdout$/,
    reason: "--format json writes JSON, as the docker CLI does since 23; 20.10 writes the word",
  },
];
