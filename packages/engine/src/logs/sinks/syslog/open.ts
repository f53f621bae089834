import { fail, messageOf } from "@berth/base";
import { isErrno } from "@berth/linux";
import type { OpenSink } from "../../forward/entry.ts";
import { connectUdp, connectUnixDatagram } from "./datagram.ts";
import { syslogFormatter } from "./message.ts";
import { syslogAddress, syslogFacility, syslogFormat } from "./options.ts";
import { RecentMessages } from "./recent.ts";
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
  const recent = new RecentMessages();
  let last: Transport | null = null;
  return async ({ signal }) => {
    const opened = await transport(signal);
    const brokenMs = last?.brokenMs ?? null;
    // With the first connection there is nothing, and datagrams are taken by the receiver's queue or not at all.
    const again = brokenMs === null ? [] : recent.of(brokenMs);
    last = remembering(opened, recent);
    if (again.length > 0) await opened.write(again, signal);
    return { sink: syslogSink(last, format), skip: 0 };
  };
}

function remembering(transport: Transport, recent: RecentMessages): Transport {
  return {
    get brokenMs() {
      return transport.brokenMs ?? null;
    },
    write: async (messages, signal) => {
      await transport.write(messages, signal);
      recent.add(Buffer.concat(messages));
    },
    close: () => transport.close(),
  };
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
