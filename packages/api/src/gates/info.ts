import { isAtLeast } from "@berth/spec";

/** GET /info as `version` knows it. Source: moby daemon/server/router/system/system_routes.go. */
export function gateInfo(info: Readonly<Record<string, unknown>>, version: string): unknown {
  const gated: Record<string, unknown> = { ...info };
  if (!isAtLeast(version, "1.25")) gated["SecurityOptions"] = namesOnly(info["SecurityOptions"]);
  if (!isAtLeast(version, "1.42")) gated["KernelMemory"] ??= false;
  if (!isAtLeast(version, "1.44")) gated["Runtimes"] = withoutStatus(info["Runtimes"]);
  if (!isAtLeast(version, "1.46")) delete gated["Containerd"];
  if (!isAtLeast(version, "1.47") && isRecord(info["RegistryConfig"])) {
    gated["RegistryConfig"] = {
      AllowNondistributableArtifactsCIDRs: null,
      AllowNondistributableArtifactsHostnames: null,
      ...info["RegistryConfig"],
    };
  }
  if (!isAtLeast(version, "1.49")) {
    delete gated["FirewallBackend"];
    for (const name of ["ContainerdCommit", "RuncCommit", "InitCommit"]) {
      const commit = info[name];
      if (isRecord(commit)) gated[name] = { ...commit, Expected: commit["ID"] };
    }
  }
  if (isAtLeast(version, "1.50")) {
    delete gated["BridgeNfIptables"];
    delete gated["BridgeNfIp6tables"];
  } else {
    delete gated["DiscoveredDevices"];
    gated["BridgeNfIptables"] ??= false;
    gated["BridgeNfIp6tables"] ??= false;
  }
  return gated;
}

/** `name=seccomp,profile=builtin` is `seccomp` before 1.25. */
function namesOnly(options: unknown): unknown {
  if (!Array.isArray(options)) return options;
  return options.map((option) => /(?:^|,)name=([^,]*)/.exec(String(option))?.[1] ?? option);
}

function withoutStatus(runtimes: unknown): unknown {
  if (!isRecord(runtimes)) return runtimes;
  return Object.fromEntries(
    Object.entries(runtimes).map(([name, runtime]) => {
      if (!isRecord(runtime)) return [name, runtime];
      const { status: _, ...rest } = runtime;
      return [name, rest];
    }),
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
