import type { AcceptedDifference } from "./case.ts";

/** Where the `berth` command line means to differ from the docker CLI, both against Berth's engine. `docker` is the docker CLI's value. */
export const acceptedOfCli: readonly AcceptedDifference[] = [
  {
    cases: /^flags: create/,
    at: /\.code$/,
    docker: 1,
    berth: 125,
    reason: "create ends with 125 when it is refused, as run does and as the docker CLI does since 23; the docker CLI 20.10 says 1",
  },
  {
    cases: /^flags: create, storage/,
    at: /VolumeOptions\.DriverConfig$/,
    reason: "a mount without a driver sends no empty driver, as the docker CLI does since 23",
  },
  {
    cases: /^flags: create, network/,
    at: /Config\.MacAddress$/,
    reason: "a hardware address is asked for at the endpoint only, as the docker CLI does since 25",
  },
  {
    cases: /^flags: create, security/,
    at: /Cap(Add|Drop)\[0\]$/,
    reason: "capabilities are sent with their whole names, as the docker CLI does since 28",
  },
];
