/**
 * A value as JSON cannot write it: `{"$date": iso}` is a Date, `{"$bigint": digits}` a bigint, `{"$number": "NaN"}` a
 * number, `{"$undefined": true}` undefined, `{"$range": n}` the list from 0 to n - 1; `$function`, `$symbol` and
 * `$cycle` are values that no document can hold.
 */
export function literal(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(literal)
  if (typeof value !== "object" || value === null) return value
  const [entry, ...others] = Object.entries(value)
  const make = entry !== undefined && others.length === 0 && Object.hasOwn(makers, entry[0]) ? makers[entry[0]] : undefined
  if (make !== undefined) return make(entry?.[1])
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, literal(inner)]))
}

const makers: Record<string, (given: unknown) => unknown> = {
  $date: (iso) => new Date(iso === "invalid" ? Number.NaN : String(iso)),
  $bigint: (digits) => BigInt(String(digits)),
  $number: (name) => Number(name),
  $undefined: () => undefined,
  $range: (length) => Array.from({ length: Number(length) }, (_, index) => index),
  $function: () => () => 0,
  $symbol: () => Symbol("symbol"),
  $cycle: () => {
    const cycle: { self?: unknown } = {}
    cycle.self = cycle
    return cycle
  },
}
