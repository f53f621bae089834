import type { ReceivedEvent } from "@berth/client";
import { type Mood, tell, type Told } from "./words.ts";

const day = new Intl.DateTimeFormat("en-GB", { weekday: "long", day: "numeric", month: "long", year: "numeric" });
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
const rememberedMax = 1000;
const colours: Readonly<Record<Mood, string>> = { good: "32", bad: "31", plain: "0" };

/** Makes lines of events, with a heading whenever another day begins that is not `today`. */
export class EventLines {
  readonly #colour: boolean;
  #day: string;
  /** The last thing told of each container: health checks run the same command again and again. */
  readonly #last = new Map<string, string>();

  constructor(options: { readonly colour: boolean; readonly nowMs: number }) {
    this.#colour = options.colour;
    this.#day = day.format(options.nowMs);
  }

  /** One line or two, each with its line break; nothing for what goes without saying or was just said. */
  lineOf(event: ReceivedEvent): string {
    const told = tell(event);
    if (told === null || this.#isRepeated(told)) return "";
    const ms = event.timeNano === 0n ? event.time * 1000 : Number(event.timeNano / 1_000_000n);
    const today = day.format(ms);
    const heading = today === this.#day ? "" : `${this.#paint("1", today)}\n`;
    this.#day = today;
    const { who, what, mood } = told;
    const glue = what.startsWith(":") ? "" : " ";
    return `${heading}${this.#paint("2", clock.format(ms))}  ${this.#paint("1", who)}${glue}${this.#paint(colours[mood], what)}\n`;
  }

  #isRepeated({ who, what }: Told): boolean {
    const before = this.#last.get(who);
    // Moved to the end: the first is the one that was told the longest ago.
    this.#last.delete(who);
    this.#last.set(who, what);
    if (this.#last.size > rememberedMax) this.#last.delete(this.#last.keys().next().value ?? "");
    return before === what && what.startsWith("runs: ");
  }

  #paint(code: string, text: string): string {
    return this.#colour && code !== "0" ? `\x1b[${code}m${text}\x1b[0m` : text;
  }
}
