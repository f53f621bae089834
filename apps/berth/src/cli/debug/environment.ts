/**
 * `berth debug environment`: the names of the environment variables that the process sees, one a line, without their
 * values, which may be secrets. Shows that nothing was added from a file of the current folder.
 * @returns the exit code
 */
export function debugEnvironment(): number {
  process.stdout.write(`${Object.keys(process.env).sort().join("\n")}\n`);
  return 0;
}
