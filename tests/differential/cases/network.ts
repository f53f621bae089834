import { asked } from "../asked.ts";
import type { DifferentialCase } from "../case.ts";

/** Addresses, published ports, the networks that always exist. */
export const network: readonly DifferentialCase[] = [
  {
    name: "network: list and inspect of the default networks",
    run: async ({ api, see }) => {
      const list = (await api.get("/networks")).json<{ Name: string }[]>();
      list.sort((one, other) => (one.Name < other.Name ? -1 : 1));
      see("list", Object.fromEntries(list.map((one) => [one.Name, { ...one, Options: "" }])));
      see("inspect none", (await api.get("/networks/none")).json());
    },
  },
  {
    name: "network: published TCP and UDP ports",
    run: async ({ api, start, see, inside }) => {
      await start("web", {
        Cmd: ["sh", "-c", "while :; do echo answer | nc -l -p 80; done"],
        ExposedPorts: { "80/tcp": {}, "53/udp": {} },
        HostConfig: { PortBindings: { "80/tcp": [{ HostPort: "8080" }], "53/udp": [{ HostIp: "127.0.0.1", HostPort: "5353" }] } },
      });
      see("settings", (await api.get("/containers/web/json")).json<{ NetworkSettings: { Ports: unknown } }>().NetworkSettings.Ports);
      see("by localhost", await asked(() => inside(["busybox", "nc", "-w", "2", "127.0.0.1", "8080"])));
      see("by the bridge", await asked(() => inside(["busybox", "nc", "-w", "2", "172.17.0.1", "8080"])));
    },
  },
  {
    name: "network: a port in use",
    run: async ({ api, create, start, see }) => {
      const body = {
        Cmd: ["sleep", "60"],
        ExposedPorts: { "80/tcp": {} },
        HostConfig: { PortBindings: { "80/tcp": [{ HostPort: "8082" }] } },
      };
      await start("one", body);
      await create("two", body);
      const answer = await api.post("/containers/two/start");
      see("start", { status: answer.status, text: answer.text.replace(/endpoint two \(.*?\)/, "endpoint two (…)") });
      const { State } = (await api.get("/containers/two/json")).json<{ State: Record<string, unknown> }>();
      see("state", { Status: State["Status"], ExitCode: State["ExitCode"] });
      await api.delete("/containers/one?force=1");
      see("free again", (await api.post("/containers/two/start")).status);
    },
  },
  {
    name: "network: containers reach each other and not the outside of none",
    run: async ({ api, cli, start, see }) => {
      await start("server", { Cmd: ["sh", "-c", "while :; do echo hello | nc -l -p 90; done"] });
      const { NetworkSettings } = (await api.get("/containers/server/json")).json<{ NetworkSettings: { IPAddress: string } }>();
      see("peer", await asked(() => cli(["run", "--rm", "busybox", "nc", "-w", "2", NetworkSettings.IPAddress, "90"])));
      see("none", (await cli(["run", "--rm", "--network", "none", "busybox", "ip", "-o", "link"])).stdout.split("\n").length);
      see("address", (await cli(["run", "--rm", "busybox", "ip", "-4", "-o", "addr", "show", "eth0"])).stdout.replace(/^\d+: /, "N: "));
      see("route", (await cli(["run", "--rm", "busybox", "ip", "route"])).stdout);
      see(
        "mac",
        (await cli(["run", "--rm", "--mac-address", "02:42:00:00:00:77", "busybox", "cat", "/sys/class/net/eth0/address"])).stdout,
      );
    },
  },
];
