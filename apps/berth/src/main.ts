const [noun, verb] = process.argv.slice(2);

if (noun === "debug" && verb === "workers") {
  const { debugWorkers } = await import("./cli/debug/workers.ts");
  process.exitCode = await debugWorkers();
} else if (noun === "debug" && verb === "environment") {
  const { debugEnvironment } = await import("./cli/debug/environment.ts");
  process.exitCode = debugEnvironment();
} else {
  const { buildInfo } = await import("./build-info.ts");
  const { version, commit } = buildInfo();
  process.stdout.write(`Berth version ${version}, build ${commit}\n`);
}
