import { expect, test } from "vitest"
import { seenIds } from "../../src/store/seen-ids.ts"

const COUNT = 100_000

function hex(number: number, digits: number): string {
  return number.toString(16).padStart(digits, "0")
}

const shapes: [what: string, id: (n: number) => string][] = [
  ["low digits", (n) => `00000000-0000-4000-8000-${hex(n, 12)}`],
  ["the high half of the first word", (n) => `${hex(n % 65_536, 4)}0000-${hex(Math.floor(n / 65_536), 4)}-4000-8000-000000000000`],
  ["the high halves of two words", (n) => `${hex(n % 400, 4)}0000-${hex(Math.floor(n / 400), 4)}-4000-8000-000000000000`],
  ["the high half of the last word", (n) => `00000000-0000-4000-8000-${hex(Math.floor(n / 65_536), 4)}${hex(n % 65_536, 4)}0000`],
]

// Where many of them share one slot, the time grows with the square of their number.
test.each(shapes)("ids that differ in %s are told apart, and each has the position where it was first", (_, id) => {
  const seen = seenIds("uuid")
  const ids = Array.from({ length: COUNT }, (__, n) => id(n))
  expect(ids.filter((one, position) => seen.earlier(one, position) !== undefined)).toEqual([])
  expect(ids.filter((one, position) => seen.earlier(one, COUNT) !== position)).toEqual([])
})
