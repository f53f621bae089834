import type { EngineApi } from "../../harness/engine-api.ts";
import type { RunResult } from "../../harness/sandbox.ts";
import { asked } from "../asked.ts";
import type { DifferentialCase } from "../case.ts";

const attributes = ["name", "type"];

/** Networks that somebody made. */
export const userNetworks: readonly DifferentialCase[] = [
  {
    name: "network: the life of a user-defined one",
    run: async ({ api, start, see, events, cli }) => {
      see(
        "events",
        await events(async () => {
          see("create", await say(api, "POST", "/networks/create", { Name: "web", CheckDuplicate: true, Labels: { a: "b" } }));
          see("create again", await say(api, "POST", "/networks/create", { Name: "web", CheckDuplicate: true }));
          await start("one", { Cmd: ["sleep", "60"], HostConfig: { NetworkMode: "web" } });
          see("in use", await say(api, "DELETE", "/networks/web"));
          await api.delete("/containers/one?force=1");
          see("filters", {
            label: await names(api, { label: ["a=b"] }),
            type: await names(api, { type: ["custom"] }),
            dangling: await names(api, { dangling: ["true"] }),
            driver: await names(api, { driver: ["bridge"], name: ["web"] }),
          });
          see("remove", await say(api, "DELETE", "/networks/web"));
        }, attributes),
      );
      see("gone", await say(api, "GET", "/networks/web"));
      see("cli: create, ls, rm", [
        (await cli(["network", "create", "--subnet", "10.77.0.0/16", "--label", "a", "fixed"])).code,
        (await cli(["network", "ls", "--format", "{{.Name}} {{.Driver}} {{.Scope}} {{.Labels}}", "--filter", "name=fixed"])).stdout,
        (await cli(["network", "rm", "fixed"])).stdout,
        (await cli(["network", "rm", "fixed"])).code,
      ]);
    },
  },
  {
    name: "network: inspect of user-defined ones and of their containers",
    run: async ({ api, create, see }) => {
      const config = { Subnet: "10.5.0.0/16", IPRange: "10.5.9.0/24", Gateway: "10.5.0.254", AuxiliaryAddresses: { printer: "10.5.9.0" } };
      await api.post("/networks/create", {
        Name: "fixed",
        IPAM: { Config: [config] },
        Options: { "com.docker.network.driver.mtu": "1400" },
      });
      await api.post("/networks/create", {
        Name: "vault",
        Internal: true,
        Labels: { a: "b" },
        IPAM: { Config: [{ Subnet: "10.6.0.0/24" }] },
      });
      await create("one", { Cmd: ["sleep", "60"], HostConfig: { NetworkMode: "fixed" } });
      const endpoints = { fixed: { IPAMConfig: { IPv4Address: "10.5.0.77" } } };
      const ports = { ExposedPorts: { "80/tcp": {} } };
      const published = { PortBindings: { "80/tcp": [{ HostPort: "8093" }] } };
      await create("two", {
        Cmd: ["sleep", "60"],
        NetworkingConfig: { EndpointsConfig: endpoints },
        HostConfig: { NetworkMode: "fixed", ...published },
        ...ports,
      });
      await create("in", { Cmd: ["sleep", "60"], HostConfig: { NetworkMode: "vault", ...published }, ...ports });
      see("created", await settings(api, "one"));
      for (const name of ["one", "two", "in"]) see(`start ${name}`, await say(api, "POST", `/containers/${name}/start`));
      for (const name of ["one", "two", "in"]) see(name, await settings(api, name));
      for (const name of ["fixed", "vault"]) see(`network ${name}`, (await api.get(`/networks/${name}`)).json());
      await api.post("/containers/one/stop?t=0");
      see("stopped", (await settings(api, "one")).Networks);
    },
  },
  {
    name: "network: containers of one reach each other, those of others only published ports",
    run: async ({ api, cli, start, see, inside }) => {
      await api.post("/networks/create", { Name: "left", IPAM: { Config: [{ Subnet: "10.5.0.0/16" }] } });
      await api.post("/networks/create", { Name: "right", IPAM: { Config: [{ Subnet: "10.6.0.0/16" }] } });
      await start("server", {
        Cmd: ["sh", "-c", "while :; do echo hello | nc -l -p 90; done"],
        ExposedPorts: { "90/tcp": {} },
        HostConfig: { NetworkMode: "left", PortBindings: { "90/tcp": [{ HostPort: "8094" }] } },
      });
      const ask = (network: string, host: string, port: string): Promise<RunResult> =>
        cli(["run", "--rm", "--network", network, "busybox", "nc", "-w", "2", host, port]);
      see("the same", await asked(() => ask("left", "10.5.0.2", "90")));
      see("another", (await ask("right", "10.5.0.2", "90")).stdout);
      see("default", (await ask("bridge", "10.5.0.2", "90")).stdout);
      see("published", await asked(() => ask("right", "10.6.0.1", "8094")));
      see("host", await asked(() => inside(["busybox", "nc", "-w", "2", "127.0.0.1", "8094"])));
      see("route", (await cli(["run", "--rm", "--network", "left", "busybox", "ip", "route"])).stdout.replace(/ src .*/, ""));
      see("mac", (await cli(["run", "--rm", "--network", "right", "busybox", "cat", "/sys/class/net/eth0/address"])).stdout.slice(0, 14));
    },
  },
  {
    name: "errors: networks",
    run: async ({ api, create, see }) => {
      await api.post("/networks/create", { Name: "fixed", IPAM: { Config: [{ Subnet: "10.5.0.0/16" }] } });
      await api.post("/networks/create", { Name: "chosen" });
      for (const body of refused) see(`create ${JSON.stringify(body)}`, await say(api, "POST", "/networks/create", body));
      let count = 0;
      for (const [mode, address] of [
        ["nope", ""],
        ["chosen", "172.18.0.9"],
        ["fixed", "10.9.9.9"],
        ["fixed", "10.5.0.1"],
        ["fixed", "10.5.0.9"],
        ["fixed", "10.5.0.9"],
      ] as const) {
        const endpoints = address === "" ? {} : { [mode]: { IPAMConfig: { IPv4Address: address } } };
        const name = `user${count++}`;
        await create(name, { Cmd: ["sleep", "60"], NetworkingConfig: { EndpointsConfig: endpoints }, HostConfig: { NetworkMode: mode } });
        see(`start ${name} on ${mode} ${address}`, await say(api, "POST", `/containers/${name}/start`));
      }
    },
  },
];

const subnet = (config: object): object => ({ Name: "x", IPAM: { Config: [config] } });

const refused: readonly object[] = [
  {},
  { Name: "fixed", CheckDuplicate: true },
  { Name: "x", Driver: "nope" },
  { Name: "x", Driver: "host" },
  { Name: "x", Driver: "null" },
  { Name: "bridge" },
  { Name: "none" },
  { Name: "x", Ingress: true },
  { Name: "x", Scope: "swarm" },
  { Name: "x", IPAM: { Driver: "nope" } },
  subnet({ Subnet: "10.5.1.0/24" }),
  subnet({ Subnet: "bogus" }),
  subnet({ Subnet: "10.6.0.0/16", Gateway: "10.7.0.1" }),
  subnet({ Subnet: "10.6.0.0/16", Gateway: "bogus" }),
  subnet({ Subnet: "10.6.0.0/31" }),
  { Name: "x", IPAM: { Config: [{ Subnet: "10.6.0.0/16" }, { Subnet: "10.7.0.0/16" }] } },
];

async function say(api: EngineApi, method: string, path: string, body?: unknown): Promise<{ status: number; text: string }> {
  const { status, text } = await api.request(path, { method, body });
  return { status, text };
}

async function names(api: EngineApi, filters: object): Promise<string[]> {
  const answer = await api.get(`/networks?filters=${encodeURIComponent(JSON.stringify(filters))}`);
  return answer.json<{ Name: string }[]>().map(({ Name }) => Name);
}

async function settings(api: EngineApi, name: string): Promise<{ readonly Networks: unknown }> {
  return (await api.get(`/containers/${name}/json`)).json<{ NetworkSettings: { Networks: unknown } }>().NetworkSettings;
}
