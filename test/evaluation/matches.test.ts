import { readFileSync } from "node:fs"
import { dirname, resolve } from "node:path"
import { fileURLToPath } from "node:url"
import { describe, expect, test } from "vitest"
import { likePattern } from "../../src/evaluation/like-pattern.ts"
import { textOrder } from "../../src/evaluation/text-order.ts"
import { filter, InvalidQueryError, matches, not } from "../../src/index.ts"
import { decimal, decimalOrder } from "../../src/json/decimal.ts"
import { exactJson } from "../../src/json/exact-number.ts"
import { documents, rows } from "../expression/rows.ts"

// JSON null as the whole metadata, which only other programs write, is read as no metadata: that record is left out.
const isReadAlike = (letter: string): boolean => documents[letter]?.metadata !== null

const letters = Object.entries(documents)
  .filter(([letter]) => isReadAlike(letter))
  .map(([letter, record]) => ({
    letter,
    record: {
      ...record,
      id: `00000000-0000-4000-8000-0000000000${(letter.charCodeAt(0) - 97 + 10).toString(16).padStart(2, "0")}`,
      revision: 1,
      createdAt: new Date(),
      updatedAt: new Date(),
    },
  }))

describe("matches", () => {
  test.each(rows.map((row) => ({ ...row, name: JSON.stringify(row.condition, (_, value) => (typeof value === "bigint" ? `${value}n` : value)) })))(
    "$name finds what the database finds",
    ({ condition, found }) => {
      expect(
        letters
          .filter(({ record }) => matches(condition as never, record))
          .map(({ letter }) => letter)
          .join(""),
      ).toBe(Array.from(found).filter(isReadAlike).join(""))
    },
  )

  test("a number that is kept as text has nothing inside", () => {
    const fields = exactJson('{"v":9007199254740993}')
    expect(matches({ field: "fields.v.rawJSON", operator: "exists" }, { fields })).toBe(false)
  })

  test("a record need not have the columns: then they have no value", () => {
    expect(matches(filter("revision", "!=", 1), { fields: {} })).toBe(false)
    expect(matches(not(filter("revision", "=", 1)), { fields: {} })).toBe(true)
    expect(matches(filter("metadata", "type", "missing"), { fields: {}, metadata: null })).toBe(true)
  })

  test("a Date in a record is its string, and a bigint is exact", () => {
    expect(matches(filter("fields.d", "=", new Date(0)), { fields: { d: new Date(0) } })).toBe(true)
    expect(matches(filter("fields.n", ">", 2 ** 53), { fields: { n: 2n ** 53n + 1n } })).toBe(true)
  })

  test.each(["(a)\\1", "[[=a=]]", "[\\D]", "\\U0011FFFF"])("the expression %j is refused rather than answered differently", (pattern) => {
    const run = () => matches(not(filter("fields.v", "regex", pattern)), { fields: { v: "a" } })
    expect(run).toThrow(InvalidQueryError)
    expect(run).toThrow(expect.objectContaining({ pointer: "/not/value", code: "regex_not_in_memory" }))
  })

  test("a wrong condition is refused as the database refuses it", () => {
    expect(() => matches({ field: "fields.v", operator: "between", value: [1] }, { fields: {} })).toThrow(expect.objectContaining({ pointer: "/value" }))
  })

  test("2,000 levels of arrays are compared without running out of stack", () => {
    let deep: unknown = 1
    for (let level = 0; level < 1990; level += 1) deep = [deep]
    expect(matches({ field: "fields.a", operator: "contains", value: { deep } }, { fields: { a: { deep } } })).toBe(true)
  })

  test("knows no Kysely and no driver", () => {
    const seen = new Set<string>()
    const follow = (file: string): string[] => {
      if (seen.has(file)) return []
      seen.add(file)
      const targets = [...readFileSync(file, "utf8").matchAll(/from "([^"]+)"/g)].map(([, target = ""]) => target)
      return targets.flatMap((target) => (target.startsWith(".") ? follow(resolve(dirname(file), target)) : [target]))
    }
    expect(follow(fileURLToPath(new URL("../../src/evaluation/matches.ts", import.meta.url)))).toEqual([])
  })
})

test("strings are ordered by code point", () => {
  const sorted = ["", "A", "a", "aa", "～", "\u{ffff}", "😀", "😀a", "😁"]
  expect(sorted.toReversed().sort(textOrder)).toEqual(sorted)
})

test("decimals are ordered by exact value, however large the exponent", () => {
  const sorted = [
    "-1e400",
    "-9007199254740993",
    "-9007199254740992",
    "-1e-400",
    "0",
    "1e-400",
    "5e-324",
    "0.1",
    "0.10000000000000001",
    "1",
    "1.5",
    "10",
    "9.9e1",
    "1e2",
    "9007199254740992",
    "9007199254740993",
    "1e400",
  ]
  expect(sorted.toReversed().sort((a, b) => decimalOrder(decimal(a), decimal(b)))).toEqual(sorted)
  for (const [a, b] of [
    ["1", "1.0"],
    ["-0", "0"],
    ["100", "1e2"],
    ["0.50", "5e-1"],
  ] as const)
    expect(decimalOrder(decimal(a), decimal(b))).toBe(0)
})

test.each([
  ["%", "", true],
  ["_", "😀", true],
  ["_", "", false],
  ["a%b%c", "a-b-b-c", true],
  ["a%b%c", "a-b-b-", false],
  ["%a\\%", "ba%", true],
  ["\\_", "x", false],
  ["a\nb", "a\nb", true],
  ["abc", "abc\n", false],
])("the pattern %j over %j: %s", (pattern, text, expected) => {
  expect(likePattern(pattern)(text)).toBe(expected)
})
