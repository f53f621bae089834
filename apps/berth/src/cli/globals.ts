import type { Flag } from "./args/flag.ts";

/** Flags before the command. */
export const globalFlags: readonly Flag[] = [
  { name: "config", type: "string", help: "Location of client config files", valueName: "string" },
  { name: "context", short: "c", type: "string", help: "Name of the context to use to connect to the engine" },
  { name: "debug", short: "D", type: "bool", help: "Tell more about errors" },
  { name: "help", type: "bool", help: "Print usage" },
  { name: "host", short: "H", type: "list", help: "Engine to connect to (unix:///PATH or tcp://HOST:PORT)" },
  {
    name: "log-level",
    short: "l",
    type: "string",
    help: 'Set the logging level ("debug", "info", "warn", "error", "fatal")',
    fallback: "info",
  },
  { name: "tls", type: "bool", help: "Use TLS; implied by --tlsverify" },
  { name: "tlscacert", type: "string", help: "Trust certs signed only by this CA" },
  { name: "tlscert", type: "string", help: "Path to TLS certificate file" },
  { name: "tlskey", type: "string", help: "Path to TLS key file" },
  { name: "tlsverify", type: "bool", help: "Use TLS and verify the remote" },
  { name: "version", short: "v", type: "bool", help: "Print version information and quit" },
];

/** Understood by every command. */
export const helpFlag: Flag = { name: "help", type: "bool", help: "Print usage" };
