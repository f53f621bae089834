import type { TransportRequest } from "../ports.ts";
import type { SshAddress } from "./address.ts";
import { ChannelCalls } from "./calls.ts";
import type { Channel } from "./channel.ts";
import { openSsh, type StartProgram } from "./ssh.ts";

/** Ways to an engine on another machine. */
export interface RemoteCalls {
  readonly send: (request: TransportRequest) => Promise<Response>;
  readonly open: () => Promise<Channel>;
}

/** Calls of an engine on another machine. Loaded only for addresses that need it. */
export function remoteCalls(address: SshAddress, startProgram: StartProgram | undefined): RemoteCalls {
  const calls = new ChannelCalls(() => openSsh(address, startProgram));
  return { send: (request) => calls.send(request), open: () => openSsh(address, startProgram) };
}
