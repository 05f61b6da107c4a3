import { type Decimal, decimal } from "../json/decimal.ts"
import { type Fragment, fragment, text, value } from "./fragment.ts"

/*
 * A revision is a bigint, and may be compared with 1.5 or 1e300. It is compared with whole numbers of its own type all the
 * same: PostgreSQL looks no numeric up in an index of bigint.
 */

/** The SQL that compares the column of revisions with numbers, which are JSON texts. */
export function revisionTest(operator: string, accessor: Fragment, operands: readonly string[]): Fragment {
  const bounds = operands.map((operand) => wholeBounds(decimal(operand)))
  if (operator === "in") return fragment`${accessor} = any(${value(bounds.filter(isRevision).map(({ floor }) => String(floor)))}::bigint[])`
  const [low, high] = bounds
  if (low === undefined) return fragment`false`
  if (high !== undefined) return within(accessor, low.ceiling, high.floor)
  if (operator === "=") return isRevision(low) ? compared(accessor, "=", low.floor) : fragment`false`
  const isWhole = low.floor === low.ceiling
  if (operator === ">" || operator === ">=") return isWhole ? above(accessor, operator, low.floor) : above(accessor, ">=", low.ceiling)
  return isWhole ? below(accessor, operator, low.floor) : below(accessor, "<=", low.floor)
}

interface WholeBounds {
  readonly floor: bigint
  readonly ceiling: bigint
}

const LEAST = -(2n ** 63n)
const MOST = 2n ** 63n - 1n

// What is beyond all bigints is told from them by one more digit.
const BEYOND = 10n ** 20n

/** The whole numbers around a number: itself twice, where it is one. */
function wholeBounds({ negative, digits, exponent }: Decimal): WholeBounds {
  const places = digits.length + exponent
  const magnitude = places > 20 ? BEYOND : BigInt(digits.slice(0, Math.max(places, 0)).padEnd(places, "0"))
  // There are no zeros at the end of the digits.
  const isWhole = exponent >= 0
  const [near, far] = [magnitude, isWhole ? magnitude : magnitude + 1n]
  return negative ? { floor: -far, ceiling: -near } : { floor: near, ceiling: far }
}

function isRevision({ floor, ceiling }: WholeBounds): boolean {
  return floor === ceiling && floor >= LEAST && floor <= MOST
}

function above(accessor: Fragment, operator: string, least: bigint): Fragment {
  if (least > MOST) return fragment`false`
  return least < LEAST ? fragment`true` : compared(accessor, operator, least)
}

function below(accessor: Fragment, operator: string, most: bigint): Fragment {
  if (most < LEAST) return fragment`false`
  return most > MOST ? fragment`true` : compared(accessor, operator, most)
}

function within(accessor: Fragment, least: bigint, most: bigint): Fragment {
  if (least > MOST || most < LEAST) return fragment`false`
  const [low, high] = [least < LEAST ? LEAST : least, most > MOST ? MOST : most]
  return fragment`(${accessor} between ${value(String(low))}::bigint and ${value(String(high))}::bigint)`
}

function compared(accessor: Fragment, operator: string, whole: bigint): Fragment {
  return fragment`(${accessor} ${text(operator)} ${value(String(whole))}::bigint)`
}
