/** The part of dockerode 5 that the test uses; the package brings no types. */
declare module "dockerode" {
  import type { Duplex, Readable, Writable } from "node:stream";

  interface Exec {
    readonly id: string;
    start(options: object): Promise<Duplex>;
    inspect(): Promise<{ Running: boolean; ExitCode: number | null; Pid: number; ProcessConfig: { entrypoint: string } }>;
    resize(size: { h: number; w: number }): Promise<unknown>;
  }

  interface ContainerStats {
    id: string;
    name: string;
    pids_stats: { current?: number };
    memory_stats: { usage?: number; limit?: number };
    cpu_stats: { cpu_usage: { total_usage: number } };
  }

  interface Container {
    readonly id: string;
    start(): Promise<unknown>;
    stop(options?: object): Promise<unknown>;
    kill(options?: object): Promise<unknown>;
    restart(options?: object): Promise<unknown>;
    pause(): Promise<unknown>;
    unpause(): Promise<unknown>;
    rename(options: { name: string }): Promise<unknown>;
    resize(size: { h: number; w: number }): Promise<unknown>;
    remove(options?: object): Promise<unknown>;
    wait(options?: object): Promise<{ StatusCode: number }>;
    top(): Promise<{ Titles: string[]; Processes: string[][] }>;
    inspect(): Promise<{
      Id: string;
      Name: string;
      Image: string;
      State: { Status: string; ExitCode: number };
      HostConfig: { Memory: number; PidsLimit: number | null; RestartPolicy: { Name: string } };
      NetworkSettings: { IPAddress: string };
    }>;
    update(options: object): Promise<{ Warnings: string[] | null }>;
    stats(options: { stream: false; "one-shot"?: boolean }): Promise<ContainerStats>;
    stats(options?: { stream: true }): Promise<Readable>;
    getArchive(options: { path: string }): Promise<Readable>;
    infoArchive(options: { path: string }): Promise<Readable & { headers: Record<string, string> }>;
    putArchive(file: Readable | Buffer, options: { path: string }): Promise<unknown>;
    changes(): Promise<{ Path: string; Kind: number }[] | null>;
    export(): Promise<Readable>;
    commit(options: object): Promise<{ Id: string }>;
    attach(options: object): Promise<Duplex>;
    exec(options: object): Promise<Exec>;
    logs(options: { follow: true; stdout: boolean; stderr: boolean }): Promise<Readable>;
    logs(options: { follow?: false; stdout: boolean; stderr: boolean; timestamps?: boolean; tail?: number }): Promise<Buffer>;
  }

  interface Network {
    readonly id: string;
    inspect(): Promise<{ Name: string; Containers: Record<string, { Name: string }> }>;
    remove(): Promise<unknown>;
  }

  class Docker {
    constructor(options: { socketPath: string; version?: string });
    readonly modem: {
      demuxStream(stream: Readable, stdout: Writable, stderr: Writable): void;
      followProgress(stream: Readable, done: (error: Error | null, messages: { stream?: string }[]) => void): void;
    };
    ping(): Promise<Buffer>;
    info(): Promise<{ ServerVersion: string; OSType: string; Containers: number }>;
    version(): Promise<{ ApiVersion: string; MinAPIVersion: string }>;
    listContainers(options?: object): Promise<{ Id: string; Names: string[]; State: string }[]>;
    listImages(options?: object): Promise<{ Id: string; RepoTags: string[] }[]>;
    listNetworks(options?: object): Promise<{ Name: string }[]>;
    loadImage(file: Readable, options?: object): Promise<Readable>;
    createContainer(options: object): Promise<Container>;
    getContainer(id: string): Container;
    getImage(name: string): {
      inspect(): Promise<{ Id: string }>;
      history(): Promise<object[]>;
      tag(options: object): Promise<unknown>;
      remove(options?: object): Promise<object[]>;
      get(): Promise<Readable>;
    };
    pruneContainers(options?: object): Promise<{ ContainersDeleted: string[] | null; SpaceReclaimed: number }>;
    createNetwork(options: object): Promise<Network>;
    createVolume(options: object): Promise<{ Name: string }>;
    getVolume(name: string): { inspect(): Promise<{ Name: string; Mountpoint: string }>; remove(): Promise<unknown> };
    getEvents(options?: object): Promise<Readable>;
    run(image: string, command: string[], stdout: Writable, options: object): Promise<[{ StatusCode: number }, Container]>;
  }

  export = Docker;
}
