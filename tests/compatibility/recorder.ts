import { EngineApi, type ApiAnswer, type ApiRequest, type HijackedStream } from "../harness/engine-api.ts";
import { itemsOfCommandLine, readDockerCommands } from "./docker-commands.ts";
import { itemsOfRequest, readEndpoints, type SentRequest } from "./endpoints.ts";

const commands = readDockerCommands();
const endpoints = readEndpoints();

/** What one observation used. */
export interface Use {
  /** Commands, flags, endpoints and parameters of calls that succeeded. */
  readonly worked: readonly string[];
  /** Those of calls that were refused. */
  readonly refused: readonly string[];
  /** Of both, what the last call used: the one whose answer was looked at. */
  readonly last: readonly string[];
}

interface Call {
  readonly items: readonly string[];
  readonly worked: boolean;
}

/** Writes down what a case uses, and which of its observations that belongs to. */
export class Recorder {
  readonly #byLabel = new Map<string, Use>();
  #calls: Call[] = [];
  #commandLines = 0;

  /** A command line of the docker CLI, without the program and the engine's address, and the code it ended with. */
  commandLine(words: readonly string[], code: number): void {
    const items = itemsOfCommandLine(commands, words);
    this.#commandLines++;
    // `run` ends with the code of the container, but for its own three.
    this.#calls.push({ items, worked: code === 0 || (items[0] === "run" && code < 125) });
  }

  request(request: SentRequest, status: number): void {
    this.#calls.push({ items: itemsOfRequest(endpoints, request), worked: status < 400 });
  }

  /** Ends an observation: what was called since the one before belongs to it. */
  observed(label: string): void {
    const calls = this.#calls.filter(({ items }) => items.length > 0);
    const itemsOf = (worked: boolean): string[] => [
      ...new Set(calls.filter((call) => call.worked === worked).flatMap(({ items }) => items)),
    ];
    this.#byLabel.set(label, { worked: itemsOf(true), refused: itemsOf(false), last: calls.at(-1)?.items ?? [] });
    this.#calls = [];
  }

  /** What each observation used. Calls after the last one were compared with nothing and are not in it. */
  get uses(): ReadonlyMap<string, Use> {
    return this.#byLabel;
  }

  get usedCommandLine(): boolean {
    return this.#commandLines > 0;
  }
}

/** An {@link EngineApi} whose requests are written down. */
export class RecordedApi extends EngineApi {
  readonly #recorder: Recorder;

  constructor(api: EngineApi, recorder: Recorder) {
    super(api.socket, api.version);
    this.#recorder = recorder;
  }

  override at(version: string): EngineApi {
    return new RecordedApi(super.at(version), this.#recorder);
  }

  override async request(path: string, options: ApiRequest = {}): Promise<ApiAnswer> {
    const answer = await super.request(path, options);
    this.#recorder.request({ method: options.method ?? "GET", path, body: options.body }, answer.status);
    return answer;
  }

  override async hijack(path: string, options: { readonly body?: unknown; readonly upgrade?: boolean } = {}): Promise<HijackedStream> {
    const stream = await super.hijack(path, options);
    this.#recorder.request({ method: "POST", path, body: options.body }, stream.status);
    return stream;
  }
}
