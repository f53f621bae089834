import { fail } from "@berth/base";

/** A range that is longer than this is a mistake or an attack; it is all the ports there are. */
const mostPorts = 65_536;

/**
 * `80`, `53/udp`, `8000-8010/tcp`, also with a host part as Docker allows it (`8080:80`); gives `80/tcp`, ….
 * @throws invalid in Docker's words
 */
export function parseExposedPorts(spec: string): string[] {
  const slash = spec.lastIndexOf("/");
  const protocol = (slash < 0 ? "tcp" : spec.slice(slash + 1)).toLowerCase();
  const range = (slash < 0 ? spec : spec.slice(0, slash)).split(":").at(-1) ?? "";
  if (!["tcp", "udp", "sctp"].includes(protocol)) throw fail("invalid", `Invalid proto: ${protocol}`);
  if (range === "") throw fail("invalid", `No port specified: ${spec}<empty>`);
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(range);
  const first = Number(match?.[1]);
  const last = Number(match?.[2] ?? match?.[1]);
  if (match === null || first >= mostPorts || last >= mostPorts || last < first) throw fail("invalid", `Invalid containerPort: ${range}`);
  return Array.from({ length: last - first + 1 }, (_, at) => `${first + at}/${protocol}`);
}
