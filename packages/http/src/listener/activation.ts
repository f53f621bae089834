import { fail } from "@berth/base";

/** First descriptor that systemd passes (sd_listen_fds(3)). */
const firstDescriptor = 3;

/**
 * Descriptors of listening sockets that systemd passed for `fd://`: all of them, or the one with that number or name (`fd://3`,
 * `fd://docker.socket`).
 * @throws invalid when none was passed
 */
export function activatedDescriptors(name: string, environment: Readonly<Record<string, string | undefined>> = process.env): number[] {
  const count = Number(environment["LISTEN_FDS"] ?? "0");
  const mine = environment["LISTEN_PID"] === undefined || environment["LISTEN_PID"] === String(process.pid);
  if (!mine || !Number.isInteger(count) || count < 1 || count > 64) {
    throw fail("invalid", "no sockets found via socket activation: make sure the service was started by systemd");
  }
  const all = Array.from({ length: count }, (_, index) => firstDescriptor + index);
  if (name === "" || name === "*") return all;
  const names = (environment["LISTEN_FDNAMES"] ?? "").split(":");
  const chosen = all.filter((fd, index) => String(fd) === name || names[index] === name);
  if (chosen.length === 0) throw fail("invalid", `failed to find a systemd activated socket that matches fd://${name}`);
  return chosen;
}
