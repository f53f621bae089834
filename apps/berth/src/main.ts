const [noun, verb, third] = process.argv.slice(2);

if (noun === "debug" && verb === "workers") {
  const { debugWorkers } = await import("./cli/debug/workers.ts");
  process.exitCode = await debugWorkers();
} else if (noun === "debug" && verb === "environment") {
  const { debugEnvironment } = await import("./cli/debug/environment.ts");
  process.exitCode = debugEnvironment();
} else if (noun === "debug" && verb === "commands") {
  const { debugCommands } = await import("./cli/debug/commands.ts");
  process.exitCode = await debugCommands();
} else if (noun === "debug" && verb === "remove-network") {
  const { debugRemoveNetwork } = await import("./cli/debug/remove-network.ts");
  process.exit(await debugRemoveNetwork(third ?? "berth0"));
} else if (noun === "daemon") {
  const { runDaemon } = await import("./daemon.ts");
  process.exit(await runDaemon(process.argv.slice(3)));
} else {
  const { runCli } = await import("./cli/dispatch.ts");
  // Sockets and standard input may still be open; everything was written when runCli resolves.
  process.exit(await runCli(process.argv.slice(2)));
}
