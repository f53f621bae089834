import { inspectContainer } from "@berth/client";
import type { PortBinding } from "@berth/spec";
import type { Command } from "../command.ts";
import { StatusError } from "../status.ts";

/** `berth port`. */
export const command: Command = {
  usage: "CONTAINER [PRIVATE_PORT[/PROTO]]",
  flags: [],
  examples: [
    { line: "berth port web", does: "Every port that leads to the container" },
    { line: "berth port web 80/tcp", does: "Where one of its ports is found" },
    { line: "berth port web 81", does: "One that leads nowhere is an error", code: 1 },
  ],
  seeAlso: ["run", "update", "ps"],
  offers: "running-container",
  min: 1,
  max: 2,
  run: async (context, parsed) => {
    const { NetworkSettings } = await inspectContainer(context.engine, parsed.arg(0));
    const ports = Object.entries(NetworkSettings.Ports ?? {});
    const asked = parsed.args[1];
    if (asked === undefined) {
      const lines = ports.flatMap(([port, bindings]) => (bindings ?? []).map((binding) => `${port} -> ${address(binding)}`));
      await context.stdout.write(
        lines
          .sort(byPort)
          .map((line) => `${line}\n`)
          .join(""),
      );
      return 0;
    }
    const [number = "", protocol = "tcp"] = asked.split("/");
    if (!/^\d{1,5}$/.test(number) || Number(number) > 65_535) throw new StatusError(1, `invalid port: ${asked}`);
    const bindings = ports.find(([port]) => port === `${Number(number)}/${protocol}`)?.[1];
    if (!bindings || bindings.length === 0) {
      throw new StatusError(1, `no public port '${Number(number)}/${protocol}' published for ${parsed.arg(0)}`);
    }
    await context.stdout.write(
      bindings
        .map((binding) => `${address(binding)}\n`)
        .sort(byPort)
        .join(""),
    );
    return 0;
  },
};

function address(binding: PortBinding): string {
  return `${binding.HostIp.includes(":") ? `[${binding.HostIp}]` : binding.HostIp}:${binding.HostPort}`;
}

/** Numbers in the text count as numbers (`80/tcp` before `443/tcp`), everything else by its code. */
function byPort(left: string, right: string): number {
  const [ours, theirs] = [left.match(/\d+|\D/g) ?? [], right.match(/\d+|\D/g) ?? []];
  for (let at = 0; at < Math.min(ours.length, theirs.length); at++) {
    const [one = "", other = ""] = [ours[at], theirs[at]];
    if (one === other) continue;
    if (/^\d/.test(one) && /^\d/.test(other)) return Number(one) - Number(other);
    return one < other ? -1 : 1;
  }
  return ours.length - theirs.length;
}
