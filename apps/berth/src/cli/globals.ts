import type { Flag } from "./args/flag.ts";

/** Flags before the command. */
export const globalFlags: readonly Flag[] = [
  { name: "config", type: "string", help: "Folder of your settings; else ~/.docker", values: "folder" },
  { name: "context", short: "c", type: "string", help: "Engine to talk to, by its name in 'context ls'", values: "context" },
  { name: "debug", short: "D", type: "bool", help: "Tell the causes of errors too" },
  { name: "help", short: "h", type: "bool", help: "Show this text" },
  { name: "host", short: "H", type: "list", help: "Engine to talk to: unix:///PATH, tcp://HOST:PORT or ssh://USER@HOST" },
  {
    name: "log-level",
    short: "l",
    type: "string",
    help: "'debug' tells the causes of errors too",
    fallback: "info",
    values: ["debug", "info", "warn", "error", "fatal"],
  },
  { name: "tls", type: "bool", help: "Talk TLS, whoever answers" },
  { name: "tlscacert", type: "string", help: "File with the authority that must have signed the engine's certificate", values: "file" },
  { name: "tlscert", type: "string", help: "File with your certificate", values: "file" },
  { name: "tlskey", type: "string", help: "File with your key", values: "file" },
  { name: "tlsverify", type: "bool", help: "Talk TLS to an engine with a valid certificate only" },
  { name: "version", short: "v", type: "bool", help: "Show this program's version" },
];

/** What `--log-level` may be. */
export const logLevels: readonly string[] = ["trace", "debug", "info", "warn", "warning", "error", "fatal", "panic"];

/** Understood by every command. */
export const helpFlag: Flag = { name: "help", type: "bool", help: "Show this text" };
