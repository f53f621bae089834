import type { Core } from "../core.ts";

/** GET /version without the API versions, which the door knows. */
export function systemVersion(core: Core): Record<string, unknown> {
  const { settings, host } = core;
  const common = {
    GitCommit: settings.gitCommit,
    // Clients show this field as the language's version.
    GoVersion: `bun${Bun.version}`,
    Os: "linux",
    Arch: host.architecture,
    KernelVersion: host.kernelVersion,
    BuildTime: settings.buildTime,
  };
  const name = core.runtime.defaultRuntime;
  return {
    Platform: { Name: "Berth" },
    Components: [
      { Name: "Engine", Version: settings.serverVersion, Details: common },
      { Name: name, Version: core.runtime.runtimes[name]?.version ?? "", Details: { GitCommit: "" } },
    ],
    Version: settings.serverVersion,
    ...common,
  };
}
