import { fail, messageOf } from "@berth/base";
import { isErrno } from "@berth/linux";
import type { OpenSink } from "../../forward/entry.ts";
import { connectUdp, connectUnixDatagram } from "./datagram.ts";
import { syslogFormatter } from "./message.ts";
import { syslogAddress, syslogFacility, syslogFormat } from "./options.ts";
import { connectSecure } from "./secure.ts";
import { type DatagramKernel, syslogSink, type Transport } from "./sink.ts";
import { connectStream } from "./stream.ts";

const localSockets = ["/dev/log", "/var/run/syslog", "/var/run/log"];

/** Opens the syslog receiver that a container's options name. */
export function syslogOpener(options: {
  readonly config: Readonly<Record<string, string>>;
  readonly tag: string;
  readonly hostname: string;
  readonly kernel: DatagramKernel;
}): OpenSink {
  const { config, kernel, tag, hostname } = options;
  const address = syslogAddress(config);
  const format = syslogFormatter({
    format: syslogFormat(config),
    facility: syslogFacility(config),
    tag,
    hostname,
    pid: process.pid,
    counted: address?.transport === "tcp+tls",
  });
  const transport = async (signal: AbortSignal): Promise<Transport> => {
    switch (address?.transport) {
      case undefined:
        return connectLocal(kernel, signal);
      case "udp":
        return connectUdp(address);
      case "tcp":
        return connectStream(address, signal);
      case "tcp+tls":
        return connectSecure(address, config, signal);
      case "unixgram":
        return connectUnixDatagram(kernel, address.path);
      case "unix":
        return connectUnix(kernel, address.path, signal);
    }
  };
  return async ({ signal }) => ({ sink: syslogSink(await transport(signal), format), skip: 0 });
}

/** A unix socket of either kind: `unix:///dev/log` is a datagram socket on most machines. */
async function connectUnix(kernel: DatagramKernel, path: string, signal: AbortSignal): Promise<Transport> {
  try {
    return connectUnixDatagram(kernel, path);
  } catch (error) {
    if (!isErrno(error, "EPROTOTYPE")) throw error;
    return connectStream({ path }, signal);
  }
}

async function connectLocal(kernel: DatagramKernel, signal: AbortSignal): Promise<Transport> {
  let reason = "";
  for (const path of localSockets) {
    try {
      return await connectUnix(kernel, path, signal);
    } catch (error) {
      reason ||= messageOf(error);
    }
  }
  throw fail("unavailable", `this machine has no syslog socket (${reason})`);
}
