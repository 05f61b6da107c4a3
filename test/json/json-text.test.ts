import { expect, test } from "vitest"
import { type JsonPointer, pointerText } from "../../src/json/json-pointer.ts"
import { jsonText } from "../../src/json/json-text.ts"

const text = (value: unknown): string => jsonText(value, { pointer: "", refuse, bigint: "refused" })

function refuse(pointer: JsonPointer): never {
  throw new Error(pointerText(pointer))
}

const written: unknown[] = [
  null,
  true,
  0,
  -0,
  1e21,
  5e-324,
  "",
  'q"\\\n\u0001😀',
  [],
  {},
  [1, [2, { a: [] }]],
  { a: 1, b: undefined, c: { d: undefined } },
  { d: new Date(0), "": 1, "~/": 2 },
  Object.assign(Object.create(null), { x: 1 }),
  JSON.parse('{"__proto__":{"x":1},"constructor":2}'),
]

test.each(written.map((value) => [value]))("writes %j as JSON.stringify does", (value) => {
  expect(text(value)).toBe(JSON.stringify(value))
})

class Money {
  toJSON() {
    return 3
  }
}

const cycle: { inner: { back?: unknown } } = { inner: {} }
cycle.inner.back = cycle

const refused: [name: string, value: unknown, pointer: string][] = [
  ["NUL in a string", { a: [1, "x\u0000"] }, "/a/1"],
  ["NUL in a key", { "a\u0000": 1 }, "/a\u0000"],
  ["a lone surrogate", { a: "\ud800" }, "/a"],
  ["NaN", [Number.NaN], "/0"],
  ["infinity", { "a/b": { "c~d": Number.NEGATIVE_INFINITY } }, "/a~1b/c~0d"],
  ["a bigint", { a: 1n }, "/a"],
  ["undefined in an array", [undefined], "/0"],
  ["a hole", Object.assign([1], { 2: 2 }), "/1"],
  ["a function", { f: () => 0 }, "/f"],
  ["a symbol", { s: Symbol("s") }, "/s"],
  ["a cycle", cycle, "/inner/back"],
  ["an invalid Date", [new Date(Number.NaN)], "/0"],
  ["a Map", { m: new Map([[1, 2]]) }, "/m"],
  ["a Uint8Array", { m: new Uint8Array(2) }, "/m"],
  ["an object with toJSON()", { m: new Money() }, "/m"],
  ["an object with a hidden toJSON()", { m: Object.defineProperty({ a: 1 }, "toJSON", { value: () => 2, enumerable: false }) }, "/m"],
  ["a symbol key", { m: { [Symbol("s")]: 1 } }, "/m"],
  ["undefined itself", undefined, ""],
]

test.each(refused)("refuses %s at its place", (_, value, pointer) => {
  expect(() => text(value)).toThrow(new Error(pointer))
})

test("an object that stands twice, but not inside itself, is written twice", () => {
  const shared = { x: 1 }
  expect(text([shared, shared])).toBe('[{"x":1},{"x":1}]')
})

test("a document nested deeper than the limit is refused, and not by running out of stack", () => {
  let deep: unknown = 1
  for (let level = 0; level < 100_000; level += 1) deep = [deep]
  expect(() => text(deep)).toThrow(/^\/0\/0/)
})
