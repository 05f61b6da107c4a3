import fc from "fast-check"

/** Keys that a careless program would take for something else. */
export const keys = [
  "v",
  "w",
  "v",
  "w",
  "list",
  "a.b",
  "it's",
  'q"q',
  "back\\slash",
  "$1",
  "",
  "0",
  "01",
  "-1",
  "ключ",
  "😀",
  " ",
  "new\nline",
  "__proto__",
  "constructor",
  "NULL",
  "%_",
]

/** Strings of the same sort; beyond ASCII there is no letter, because case and classes follow the database there. */
export const strings = [
  "",
  "a",
  "A",
  "ab",
  "abc",
  "Abc",
  "b",
  "30",
  "1",
  "null",
  "true",
  "100%",
  "_",
  "\\",
  "a\\b",
  "it's",
  '"',
  "a\nb",
  "ab\n",
  " ",
  "😀",
  "～",
  "a😀",
  "$1",
  "[]",
  "2025-01-15T12:00:00.000Z",
  "zz9_z",
]

/** Number text, of which JavaScript can hold some only nearly. */
const numbers = [
  "0",
  "-0",
  "1",
  "1.0",
  "-1",
  "30",
  "30.5",
  "1e2",
  "100",
  "0.1",
  "0.30000000000000004",
  "5e-324",
  "1e400",
  "-1e400",
  "1e-400",
  "9007199254740991",
].concat(["9007199254740992", "9007199254740993", "-9007199254740993", "123456789012345678901234567890", "1.7976931348623157e308", "2", "3"])

const scalarText = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...strings).map((text) => JSON.stringify(text)) },
  { weight: 4, arbitrary: fc.constantFrom(...numbers) },
  { weight: 2, arbitrary: fc.constantFrom("true", "false", "null", "null") },
)

/** JSON text of any value, as deep as three levels. */
export const jsonText: fc.Arbitrary<string> = fc.letrec<{ value: string; array: string; object: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", maxDepth: 3 },
    { weight: 5, arbitrary: scalarText },
    { weight: 2, arbitrary: tie("array") },
    { weight: 2, arbitrary: tie("object") },
  ),
  array: fc.array(tie("value"), { maxLength: 3 }).map((elements) => `[${elements.join(",")}]`),
  object: fc
    .uniqueArray(fc.constantFrom(...keys), { maxLength: 4 })
    .chain((names) =>
      fc.tuple(...names.map(() => tie("value"))).map((values) => `{${names.map((name, index) => `${JSON.stringify(name)}:${values[index]}`).join(",")}}`),
    ),
})).value

/** JSON text of a document: nearly always an object with a value under `v`. */
const documentText = fc.oneof(
  { weight: 9, arbitrary: fc.tuple(jsonText, jsonText).map(([v, w]) => `{"v":${v},"w":${w}}`) },
  { weight: 3, arbitrary: fc.tuple(fc.constantFrom(...keys), jsonText).map(([key, value]) => `{${JSON.stringify(key)}:${value}}`) },
  { weight: 1, arbitrary: jsonText },
)

/** A record as it is written past the package. */
export interface WrittenRecord {
  readonly fields: string
  /** `null` is SQL NULL. */
  readonly metadata: string | null
  readonly revision: number
  readonly createdAt: string
}

/** A record with any documents. */
export const writtenRecord: fc.Arbitrary<WrittenRecord> = fc.record({
  fields: documentText,
  // JSON null in that column reads as SQL NULL does, and only `type` tells them apart.
  metadata: fc.oneof(fc.constant(null), documentText).map((text) => (text === "null" ? null : text)),
  revision: fc.constantFrom(1, 2, 3, 2 ** 40),
  createdAt: fc.constantFrom("2025-01-01T00:00:00.000Z", "2025-01-02T00:00:00.123Z", "1969-12-31T23:59:59.999Z"),
})
