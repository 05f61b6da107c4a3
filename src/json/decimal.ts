/** A number as its exact decimal: `digits` without zeros at either end, times ten to the power of `exponent`. */
export interface Decimal {
  readonly negative: boolean
  readonly digits: string
  readonly exponent: number
}

/**
 * The exact decimal of JSON number text. A JavaScript number is the decimal that `JSON.stringify` writes for it.
 *
 * @example
 * decimal("-12.50e3") // { negative: true, digits: "125", exponent: 2 }
 */
export function decimal(text: string): Decimal {
  const [, sign, whole = "", fraction = "", power = "0"] = /^(-?)([0-9]+)(?:\.([0-9]*))?(?:[eE]([+-]?[0-9]+))?$/.exec(text) ?? []
  const all = (whole + fraction).replace(/^0+/, "")
  const digits = all.replace(/0+$/, "")
  if (digits === "") return { negative: false, digits, exponent: 0 }
  return { negative: sign === "-", digits, exponent: Number(power) - fraction.length + (all.length - digits.length) }
}

/** Below, at or above zero: the order of two decimals by value. */
export function decimalOrder(a: Decimal, b: Decimal): number {
  const signs = sign(a) - sign(b)
  if (signs !== 0) return signs
  return a.negative ? magnitudeOrder(b, a) : magnitudeOrder(a, b)
}

function sign({ negative, digits }: Decimal): number {
  return digits === "" ? 0 : negative ? -1 : 1
}

function magnitudeOrder(a: Decimal, b: Decimal): number {
  const lengths = a.digits.length + a.exponent - (b.digits.length + b.exponent)
  if (lengths !== 0) return lengths
  // Of two numbers with as many digits before the point, the one whose digits sort later is larger.
  return a.digits < b.digits ? -1 : a.digits > b.digits ? 1 : 0
}
