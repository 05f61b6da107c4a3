import { readdir, readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { ConfigurationError, FileDatabase } from "../../src/index.ts"
import { temporaryFolder } from "../setup/temporary-folder.ts"

const folder = temporaryFolder()
const ID = "00000000-0000-4000-8000-00000000000a"
const good = '{"fields": {"s3cret": "s3cret"}}'
const bytes = (...parts: (string | number[])[]) => Buffer.concat(parts.map((part) => Buffer.from(part as string)))

const rows: [name: string, kind: "json" | "ndjson", content: string | Buffer, line: number, column: number, reason: RegExp][] = [
  ["that ends too early", "json", `[\n${good},\n{"fields": {`, 3, 13, /a key in double quotes or "}"/],
  ["without an end", "json", `[${good}`, 1, 34, /"," or "\]"/],
  ["with a comma too many", "json", `[\r\n  ${good},\r\n]`, 3, 1, /a JSON value/],
  ["with a comma missing", "json", `[${good}\n${good}]`, 2, 1, /"," or "\]"/],
  ["with something behind", "json", `[${good}]\nx`, 2, 1, /nothing more/],
  ["with brackets that do not fit", "json", `[${good}}`, 1, 34, /"," or "\]"/],
  ["with a string that has no end", "json", `[{"fields": "s3cret}]`, 1, 13, /a JSON value/],
  ["with single quotes", "json", "[{'fields': {}}]", 1, 3, /a key in double quotes/],
  ["with a number that is none", "json", '[{"fields": {"a": 01}}]', 1, 19, /a JSON value/],
  ["that is one record", "json", `\n ${good}`, 2, 2, /\.ndjson or \.jsonl/],
  ["that is a scalar", "json", "17", 1, 1, /list of records/],
  ["with an element that is no object", "json", `[${good}, ["s3cret"]]`, 1, 36, /is an object/],
  ["with null as a record", "json", "[\n\tnull]", 2, 2, /is an object/],
  ["with a number as a record", "json", "[9007199254740993]", 1, 2, /is an object/],
  ["without fields", "json", '[{"metadata": {"s3cret": 1}}]', 1, 2, /"fields"/],
  ["with an unknown member", "json", '[{"fields": {}, "name": "s3cret"}]', 1, 2, /unknown member "name"/],
  ["with an id that is none", "json", '[{"id": "s3cret", "fields": {}}]', 1, 2, /"id" is a UUID/],
  ["with a null id", "json", '[{"id": null, "fields": {}}]', 1, 2, /"id" is a UUID/],
  [
    "with one id twice",
    "json",
    `[{"id": "${ID}", "fields": {}},\n {"id": "${ID.toUpperCase()}", "fields": {}}]`,
    2,
    2,
    /the id of the one at line 1, column 2/,
  ],
  ["with revision 0", "json", '[{"fields": {}, "revision": 0}]', 1, 2, /"revision"/],
  ["with half a revision", "json", '[{"fields": {}, "revision": 1.5}]', 1, 2, /"revision"/],
  ["with too large a revision", "json", '[{"fields": {}, "revision": 9007199254740993}]', 1, 2, /"revision"/],
  ["with a revision that is text", "json", '[{"fields": {}, "revision": "s3cret"}]', 1, 2, /"revision"/],
  ["with a day that there is none of", "json", '[{"fields": {}, "createdAt": "2025-02-30T00:00:00.000Z"}]', 1, 2, /"createdAt"/],
  ["with a time without a zone", "json", '[{"fields": {}, "updatedAt": "2025-02-03T00:00:00"}]', 1, 2, /"updatedAt"/],
  ["with a time that is a number", "json", '[{"fields": {}, "updatedAt": 1735689600000}]', 1, 2, /"updatedAt"/],
  ["nested too deep", "json", `[{"fields": ${"[".repeat(5000)}${"]".repeat(5000)}}]`, 1, 2, /nested deeper than 2000/],
  ["with a byte that is no UTF-8", "json", bytes("[\n", '{"fields": "\ufffd', [0xff], '"}]'), 2, 14, /no UTF-8/],
  ["with a character cut off at its end", "ndjson", bytes(`${good}\n`, [0xf0, 0x9f]), 2, 1, /no UTF-8/],
  ["that is UTF-16", "json", bytes([0xff, 0xfe, 0x5b, 0x00, 0x5d, 0x00]), 1, 1, /no UTF-8/],
  ["with a mark and a fault", "json", bytes([0xef, 0xbb, 0xbf], "[x]"), 1, 2, /a JSON value/],
  ["with a broken line", "ndjson", `${good}\n{"fields": {"s3cret": \n${good}\n`, 2, 22, /a JSON value/],
  ["with two records in one line", "ndjson", `${good}\r\n\r\n  ${good} ${good}`, 3, 36, /nothing more/],
  ["with a list", "ndjson", `[${good}]`, 1, 1, /is an object/],
  ["with one id in two lines", "ndjson", `{"id":"${ID}","fields":1}\n\n{"id":"${ID}","fields":2}`, 3, 1, /line 1, column 1/],
]

describe("a damaged file", () => {
  test.each(rows)("%s (%s) is refused with its place, and left as it is", async (_, kind, content, line, column, reason) => {
    const path = join(folder(), `records.${kind}`)
    await writeFile(path, content)
    const db = new FileDatabase(path)
    const runs = [
      () => db.search(),
      () => db.count(),
      () => db.read(ID),
      () => db.create({ fields: {} }),
      () => db.createBatch([{ fields: {} }]),
      () => db.update(ID, { fields: {} }),
      () => db.delete(ID),
    ]
    for (const run of runs) {
      const error: unknown = await run().then(
        () => expect.unreachable("it was accepted"),
        (thrown) => thrown,
      )
      if (!(error instanceof ConfigurationError)) throw error
      expect(error.code).toBe("damaged_file")
      expect(error.message).toContain(`${JSON.stringify(path)} is damaged at line ${line}, column ${column}: `)
      expect(error.message).toMatch(reason)
      expect(`${error.message} ${String(error.cause)}`).not.toContain("s3cret")
    }
    expect(await readFile(path)).toEqual(Buffer.from(content as string))
    expect(await readdir(folder())).toEqual([`records.${kind}`])
  })

  test("that was put right by hand is read again", async () => {
    const path = join(folder(), "records.json")
    const db = new FileDatabase(path)
    await db.create({ fields: { a: 1 } })
    const text = await readFile(path, "utf8")
    await writeFile(path, text.slice(0, -3))
    await expect(db.count()).rejects.toMatchObject({ code: "damaged_file" })
    await writeFile(path, text)
    expect(await db.count()).toBe(1)
  })
})
