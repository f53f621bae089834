/** The part of dockerode 5 that the test uses; the package brings no types. */
declare module "dockerode" {
  import type { Duplex, Readable, Writable } from "node:stream";

  interface Exec {
    readonly id: string;
    start(options: object): Promise<Duplex>;
    inspect(): Promise<{ Running: boolean; ExitCode: number | null; Pid: number; ProcessConfig: { entrypoint: string } }>;
    resize(size: { h: number; w: number }): Promise<unknown>;
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
    inspect(): Promise<{ Id: string; Name: string; State: { Status: string; ExitCode: number }; NetworkSettings: { IPAddress: string } }>;
    attach(options: object): Promise<Duplex>;
    exec(options: object): Promise<Exec>;
    logs(options: { follow: true; stdout: boolean; stderr: boolean }): Promise<Readable>;
    logs(options: { follow?: false; stdout: boolean; stderr: boolean; timestamps?: boolean; tail?: number }): Promise<Buffer>;
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
    getEvents(options?: object): Promise<Readable>;
    run(image: string, command: string[], stdout: Writable, options: object): Promise<[{ StatusCode: number }, Container]>;
  }

  export = Docker;
}
