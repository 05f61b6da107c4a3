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
  // Behind one another by code point, the other way round by UTF-16 unit.
  "\uffff",
  "\u{1f000}",
  "a\uffff",
  "a\u{10ffff}",
  // One character and its two parts: not equal.
  "\u2260",
  "=\u0338",
  "\u200d",
  "\t",
  "\u0001",
  "a%b_c",
  "ab".repeat(300),
  `${"ab".repeat(300)}c`,
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
].concat([
  "9007199254740992",
  "9007199254740993",
  "-9007199254740993",
  "123456789012345678901234567890",
  "1.7976931348623157e308",
  "2",
  "3",
  "1E-300",
  "-1e-400",
  "1e-16000",
  "0e5",
])

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

// What an array is asked for is found in lists of scalars, and `any` in lists of objects.
const listText = fc
  .oneof(
    { weight: 3, arbitrary: fc.array(scalarText, { maxLength: 4 }) },
    {
      weight: 2,
      arbitrary: fc.array(
        fc.tuple(scalarText, jsonText).map(([v, w]) => `{"v":${v},"w":${w}}`),
        { maxLength: 3 },
      ),
    },
    {
      weight: 1,
      arbitrary: fc.array(
        fc.array(scalarText, { maxLength: 2 }).map((inner) => `[${inner.join(",")}]`),
        { maxLength: 2 },
      ),
    },
  )
  .map((elements) => `[${elements.join(",")}]`)

// Values that differ in one thing only: a length, a key, an element, a digit.
const neighbours = `
  null "" "a" 0 -1 false true [] [[]] [null] [0] ["a"] [[],0] [0,[]] [true,false] [1,2] [1,10] {} {"a":[]} {"a":null}
  {"a":1} {"b":0} {"aa":0} {"a":1,"b":0} {"b":0,"aa":9} {"aa":0,"b":9} {"é":0} {"zz":0} {"":0} {"a":{"b":1}} {"a":{"b":2}}
  9007199254740993 9007199254740992 0.1 0.1000000000000000055 1e400 -1e400 1.0 1 1e-400 "～" "😀"
`
  .trim()
  .split(/\s+/)

const hotText = fc.oneof(
  { weight: 2, arbitrary: fc.constantFrom(...numbers) },
  { weight: 1, arbitrary: fc.constantFrom(...neighbours) },
  { weight: 3, arbitrary: scalarText },
  { weight: 2, arbitrary: jsonText },
  { weight: 1, arbitrary: listText },
)

function objectText(members: readonly (readonly [string, string | null])[]): string {
  const written = new Map(members.filter(([, text]) => text !== null))
  return `{${[...written].map(([key, text]) => `${JSON.stringify(key)}:${text}`).join(",")}}`
}

/** JSON text of a document: nearly always an object, mostly with values under the keys that conditions ask for. */
const documentText = fc.oneof(
  {
    weight: 9,
    arbitrary: fc
      .tuple(hotText, hotText, fc.option(listText), fc.option(hotText, { freq: 1 }), fc.option(fc.tuple(fc.constantFrom(...keys), hotText), { freq: 2 }))
      .map(([v, w, list, its, other]) => objectText([["v", v], ["w", w], ["list", list], ["it's", its], ...(other === null ? [] : [other])])),
  },
  { weight: 2, arbitrary: fc.tuple(fc.constantFrom(...keys), jsonText).map(([key, value]) => objectText([[key, value]])) },
  { weight: 1, arbitrary: jsonText },
)

/** A record as it is written past the package. */
export interface WrittenRecord {
  readonly fields: string
  /** `null` is SQL NULL. */
  readonly metadata: string | null
  readonly revision: number
  readonly createdAt: string
  /** In a table whose columns may be SQL NULL, they are. */
  readonly isBlank: boolean
}

/** A record with any documents. */
export const writtenRecord: fc.Arbitrary<WrittenRecord> = fc.record({
  fields: documentText,
  // JSON null in that column reads as SQL NULL does, and only `type` tells them apart.
  metadata: fc.oneof(fc.constant(null), documentText).map((text) => (text === "null" ? null : text)),
  revision: fc.constantFrom(1, 2, 3, 2 ** 40),
  createdAt: fc.constantFrom("2025-01-01T00:00:00.000Z", "2025-01-02T00:00:00.123Z", "1969-12-31T23:59:59.999Z"),
  isBlank: fc.integer({ min: 0, max: 9 }).map((die) => die === 9),
})

/** A record with numbers as long as PostgreSQL's numeric can be: there to be compared, not to be reckoned with. */
export const extremeRecord: fc.Arbitrary<WrittenRecord> = fc
  .tuple(fc.constantFrom("1e131071", "-1e131071", "1e-16383"), writtenRecord)
  .map(([number, record]) => ({ ...record, fields: `{"v":${number},"w":${number},"list":[${number}]}` }))
