/** Order of names that hold numbers: `node2` stands before `node10`. Besides numbers the bytes count. */
export function compareNaturally(left: string, right: string): number {
  const [leftParts, rightParts] = [split(left), split(right)];
  for (let index = 0; index < Math.max(leftParts.length, rightParts.length); index++) {
    const [first = "", second = ""] = [leftParts[index], rightParts[index]];
    if (first === second) continue;
    if (isNumber(first) && isNumber(second)) {
      const [short, long] = [first.replace(/^0+/, ""), second.replace(/^0+/, "")];
      if (short.length !== long.length) return short.length - long.length;
      if (short !== long) return short < long ? -1 : 1;
      if (first.length !== second.length) return first.length - second.length;
    }
    return first < second ? -1 : 1;
  }
  return 0;
}

function split(text: string): string[] {
  return text.match(/\d+|\D+/g) ?? [];
}

function isNumber(text: string): boolean {
  return /^\d/.test(text);
}
