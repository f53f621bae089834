/** Layers that an operation under way counts on, so that nobody removes them as unused. */
export class LayerPins {
  readonly #pins = new Map<string, number>();

  pin(diffId: string): void {
    this.#pins.set(diffId, (this.#pins.get(diffId) ?? 0) + 1);
  }

  unpin(diffId: string): void {
    const left = (this.#pins.get(diffId) ?? 0) - 1;
    if (left > 0) this.#pins.set(diffId, left);
    else this.#pins.delete(diffId);
  }

  has(diffId: string): boolean {
    return this.#pins.has(diffId);
  }
}
