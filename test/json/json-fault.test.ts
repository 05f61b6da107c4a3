import { expect, test } from "vitest"
import { jsonFault } from "../../src/json/json-fault.ts"
import { textPosition } from "../../src/json/text-position.ts"

test.each([
  ["", 0, "a JSON value"],
  ["[1 2]", 3, '"," or "]"'],
  ['{"a" 1}', 5, '":"'],
  ['{"a": 1,}', 8, "a key in double quotes"],
  ['["a\nb"]', 1, 'a JSON value or "]"'],
  ['["\\x"]', 1, 'a JSON value or "]"'],
  ['["\\u00zz"]', 1, 'a JSON value or "]"'],
  ["[01]", 1, 'a JSON value or "]"'],
  ['"a" b', 4, "nothing more"],
])("%j is no JSON at %i, where %s could stand", (text, offset, expected) => {
  expect(() => JSON.parse(text)).toThrow(SyntaxError)
  expect(jsonFault(text)).toEqual({ offset, expected })
})

test("a long string before the place is no hindrance", () => {
  const text = `["${"a\\n".repeat(4_000_000)}" 1]`
  expect(jsonFault(text).offset).toBe(text.length - 2)
})

test.each([
  ["", 0, 1, 1],
  ["ab", 2, 1, 3],
  ["a\r\nb", 3, 2, 1],
  ["a\nb", 1, 1, 2],
  ["\n\n😀x", 4, 3, 3],
])("%j: offset %i is line %i, column %i", (text, offset, line, column) => {
  expect(textPosition(text, offset)).toEqual({ line, column })
})
