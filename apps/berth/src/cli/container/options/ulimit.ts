import type { Ulimit } from "@berth/spec";

const names = new Set("core cpu data fsize locks memlock msgqueue nice nofile nproc rss rtprio rttime sigpending stack".split(" "));

/** `nofile=1024:2048`; one number is both limits, -1 is none. Throws with docker's words. */
export function parseUlimit(value: string): Ulimit {
  const at = value.indexOf("=");
  if (at === -1) throw new Error(`invalid ulimit argument: ${value}`);
  const name = value.slice(0, at);
  if (!names.has(name)) throw new Error(`invalid ulimit type: ${name}`);
  const limits = value.slice(at + 1).split(":");
  if (limits.length > 2) {
    throw new Error(`too many limit value arguments - ${value.slice(at + 1)}, can only have up to two, \`soft[:hard]\``);
  }
  const [softText = "", hardText = softText] = limits;
  const [hard, soft] = [readLimit(hardText), readLimit(softText)];
  if (hard !== -1) {
    const words = "ulimit soft limit must be less than or equal to hard limit";
    if (soft === -1) throw new Error(`${words}: soft: -1 (unlimited), hard: ${hard}`);
    if (soft > hard) throw new Error(`${words}: ${soft} > ${hard}`);
  }
  return { Name: name, Hard: hard, Soft: soft };
}

function readLimit(text: string): number {
  if (!/^[+-]?\d+$/.test(text)) throw new Error(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  return Number(text);
}
