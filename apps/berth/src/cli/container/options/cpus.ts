/**
 * Reads a number of CPUs: `1.5`, `.5`, `3/2`.
 * @returns billionths of a CPU
 * @throws with docker's words
 */
export function parseCpus(text: string): number {
  const match = /^([+-]?)(?:(\d*)\.?(\d*)|(\d+)\/(\d+))$/.exec(text);
  if (match === null || !/\d/.test(text)) throw new Error(`failed to parse ${text} as a rational number`);
  const [, sign, whole = "", fraction = "", numerator, denominator] = match;
  let nano: bigint;
  if (numerator !== undefined && denominator !== undefined) {
    if (BigInt(denominator) === 0n) throw new Error(`failed to parse ${text} as a rational number`);
    if ((BigInt(numerator) * 1_000_000_000n) % BigInt(denominator) !== 0n) throw new Error("value is too precise");
    nano = (BigInt(numerator) * 1_000_000_000n) / BigInt(denominator);
  } else {
    const digits = fraction.replace(/0+$/, "");
    if (digits.length > 9) throw new Error("value is too precise");
    nano = BigInt(whole || "0") * 1_000_000_000n + BigInt(digits.padEnd(9, "0"));
  }
  return sign === "-" ? -Number(nano) : Number(nano);
}
