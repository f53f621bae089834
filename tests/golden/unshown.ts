/** Parts of golden shapes that no answer of Berth has, and why. */
export const unshown: readonly { readonly parts: RegExp; readonly reason: string }[] = [];
