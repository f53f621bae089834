import type { EngineApi } from "../harness/engine-api.ts";
import type { RunningEngine } from "../harness/engines.ts";
import type { RunOptions, RunResult, Sandbox } from "../harness/sandbox.ts";

/** One comparison: the same calls against Berth and against real Docker. */
export interface DifferentialCase {
  /** `area: what`; unique. */
  readonly name: string;
  /** Why the case is not run with `berth` in the docker CLI's place. */
  readonly onlyDockerCli?: string;
  /** Flags of both daemons; such a case has daemons of its own. */
  readonly daemonFlags?: readonly string[];
  /** Makes calls and notes what is to be compared with `context.see`. */
  run(context: CaseContext): Promise<void>;
}

/** What a case works with; one per engine. Everything a case makes is removed after it. */
export interface CaseContext {
  readonly engine: RunningEngine;
  readonly api: EngineApi;
  readonly sandbox: Sandbox;
  /** Id of the test image `busybox:latest`. */
  readonly imageId: string;
  /** Notes something to compare: any JSON value. The label names it in the report. */
  see(label: string, value: unknown): void;
  /** Runs the stock docker CLI against this engine. With `bare`, the words or the environment name the engine themselves. */
  cli(args: readonly string[], options?: RunOptions & { readonly bare?: boolean }): Promise<RunResult>;
  /** Runs a program in the engine's network namespace. */
  inside(command: readonly string[], options?: RunOptions): Promise<RunResult>;
  /** Creates a container of busybox; throws when it is refused. Its id. */
  create(name: string, body?: Readonly<Record<string, unknown>>): Promise<string>;
  /** Creates and starts. */
  start(name: string, body?: Readonly<Record<string, unknown>>): Promise<string>;
  /** Actions that were sent while `body` ran: `type action`, with chosen attributes. */
  events(body: () => Promise<void>, attributes?: readonly string[]): Promise<string[]>;
  /** Waits until a container's state has this status. */
  untilStatus(reference: string, status: string): Promise<void>;
  /** Waits until a container's log has a text, as often as `times` says (once unless set). */
  untilLogged(reference: string, text: string, times?: number): Promise<void>;
  /** Waits until an exec has ended and its exit code is known. */
  untilExecEnded(id: string): Promise<void>;
}

/** A difference that is meant to be, with its reason. One that no longer occurs fails the suite. */
export interface AcceptedDifference {
  /** Cases it may occur in. */
  readonly cases: RegExp;
  /** `label.path.to.value` of the difference. */
  readonly at: RegExp;
  /** Only with exactly these values. */
  readonly docker?: unknown;
  readonly berth?: unknown;
  /** Only where both are texts that match. */
  readonly both?: RegExp;
  readonly reason: string;
}
