/**
 * A number as Go's `%.{precision}g` writes it: no trailing zeros, an exponent of at least two digits when the
 * value has more digits before the point than `precision` (docker's sizes are written with it).
 */
export function formatSignificant(value: number, precision: number): string {
  const text = value.toPrecision(precision);
  const [mantissa = "", exponent] = text.split("e");
  const trimmed = mantissa.includes(".") ? mantissa.replace(/\.?0+$/, "") : mantissa;
  if (exponent === undefined) return trimmed;
  const sign = exponent.startsWith("-") ? "-" : "+";
  return `${trimmed}e${sign}${exponent.replace(/^[+-]/, "").padStart(2, "0")}`;
}
