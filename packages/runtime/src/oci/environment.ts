/**
 * The environment of conmon and the OCI runtimes. Of the daemon's own they get nothing but the folders of programs: it may
 * hold passwords (of proxies), and with LISTEN_FDS or NOTIFY_SOCKET in it crun hands descriptors and sockets on to containers.
 */
export function toolEnvironment(more: Readonly<Record<string, string>> = {}): Record<string, string> {
  return { PATH: process.env["PATH"] ?? "/usr/sbin:/usr/bin:/sbin:/bin", TZ: "UTC", ...more };
}
