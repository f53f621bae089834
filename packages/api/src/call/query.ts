import { fail } from "@berth/base";
import { FilterSyntaxError, type Filters, parseFilters } from "@berth/spec";

/** The query of a request, read the way dockerd reads it. */
export class Query {
  readonly #values: URLSearchParams;

  constructor(values: URLSearchParams) {
    this.#values = values;
  }

  /** The first value, "" when there is none. */
  text(name: string): string {
    return this.#values.get(name) ?? "";
  }

  /** The first value, null when it is absent or empty. */
  textOrNull(name: string): string | null {
    const value = this.#values.get(name);
    return value === null || value === "" ? null : value;
  }

  all(name: string): string[] {
    return this.#values.getAll(name);
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  /** False for "", 0, no, false and none; true for everything else, as in dockerd. */
  flag(name: string): boolean {
    return !["", "0", "no", "false", "none"].includes(this.text(name).trim().toLowerCase());
  }

  /** As {@link flag}, with a default for an absent value. */
  flagOr(name: string, whenAbsent: boolean): boolean {
    return this.has(name) ? this.flag(name) : whenAbsent;
  }

  /**
   * A whole number, null when it is absent or empty.
   * @throws invalid in the words of Go's strconv
   */
  integerOrNull(name: string): number | null {
    const value = this.textOrNull(name);
    if (value === null) return null;
    if (!/^[+-]?\d+$/.test(value)) throw fail("invalid", `strconv.Atoi: parsing ${JSON.stringify(value)}: invalid syntax`);
    const number = Number(value);
    if (!Number.isSafeInteger(number)) throw fail("invalid", `strconv.Atoi: parsing ${JSON.stringify(value)}: value out of range`);
    return number;
  }

  /** `filters`, in both forms. Throws invalid. */
  filters(): Filters {
    try {
      return parseFilters(this.#values.get("filters"));
    } catch (error) {
      if (error instanceof FilterSyntaxError) throw fail("invalid", error.message, error);
      throw error;
    }
  }
}
