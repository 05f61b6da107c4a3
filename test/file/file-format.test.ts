import { copyFile, readFile, utimes, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { FileDatabase } from "../../src/index.ts"
import { temporaryFolder } from "../setup/temporary-folder.ts"

const folder = temporaryFolder()
const one =
  '{"id": "00000000-0000-4000-8000-000000000001", "fields": {"n": 1.0}, "revision": 4, "createdAt": "2025-01-01T00:00:00Z", "updatedAt": "2025-01-02T00:00:00.123Z"}'
const two = one.replace("0001", "0002").replace("1.0", "2e0")
const added = { id: "00000000-0000-4000-8000-000000000003", fields: { n: 3 } }

async function written(name: string, content: string): Promise<{ path: string; db: FileDatabase }> {
  const path = join(folder(), name)
  await writeFile(path, content)
  return { path, db: new FileDatabase(path) }
}

describe("what is read", () => {
  test.each([
    ["empty", "a.json", "", []],
    ["of blanks", "a.json", " \r\n\t", []],
    ["an empty list", "a.json", "[ \n]", []],
    ["empty", "a.ndjson", "", []],
    ["of empty lines", "a.ndjson", "\r\n \n\n", []],
    ["a list", "a.json", `[${one},${two}]`, [1, 2]],
    ["a list with a byte order mark and CRLF", "a.json", `\ufeff[\r\n${one},\r\n${two}\r\n]\r\n`, [1, 2]],
    ["lines", "a.ndjson", `${one}\n${two}\n`, [1, 2]],
    ["lines with a byte order mark, CRLF, blanks and empty ones", "a.ndjson", `\ufeff\r\n ${one}\t\r\n\r\n${two}\r\n \r\n`, [1, 2]],
    ["lines without a last line break", "a.jsonl", `${one}\n${two}`, [1, 2]],
    ["commas and brackets in strings", "a.json", String.raw`[${one}, {"fields": {"n": 7, "t": "],[{\"\\"}}]`, [1, 7]],
  ])("a file that is %s (%s)", async (_, name, content, expected) => {
    const { db } = await written(name, content)
    expect((await db.search()).map(({ fields }) => fields["n"])).toEqual(expected)
  })

  test("a record says when it was made, and how often changed", async () => {
    const { db } = await written("a.json", `[${one}]`)
    const [record] = await db.search()
    expect(record).toMatchObject({ revision: 4, createdAt: new Date("2025-01-01T00:00:00Z"), updatedAt: new Date("2025-01-02T00:00:00.123Z"), metadata: null })
  })

  test("a document that is nested as deep as one may be is written and read", async () => {
    const { db, path } = await written("a.json", "")
    const deep = JSON.parse(`${'{"a":'.repeat(1999)}[]${"}".repeat(1999)}`)
    const { id } = await db.create({ fields: deep })
    await new FileDatabase(path).update(id, { metadata: deep })
    expect(JSON.stringify((await db.read(id))?.metadata)).toBe(JSON.stringify(deep))
  })

  test("a document may be any JSON", async () => {
    const { db } = await written("a.ndjson", '{"fields": null, "metadata": [1]}\n{"fields": {"__proto__": {"x": 1}, "a": "\\ud800"}}')
    const [first, second] = await db.search()
    expect(first).toMatchObject({ fields: null, metadata: [1] })
    expect(Object.keys(second?.fields ?? {})).toEqual(["__proto__", "a"])
  })
})

describe("what is written", () => {
  test.each([
    ["a new list", "a.json", "", "[\n", "", "\n]\n"],
    ["a list that is indented", "a.json", `[\n  ${one},\n  ${two}\n]`, `[\n  ${one},\n  ${two},\n  `, "", "\n]"],
    ["a list in one line", "a.json", `[${one}, ${two}]\n`, `[${one}, ${two}, `, "", "]\n"],
    ["a list of one, with CRLF", "a.json", `[\r\n${one}\r\n]\r\n`, `[\r\n${one},\r\n`, "", "\r\n]\r\n"],
    ["new lines", "a.ndjson", "", "", "", "\n"],
    ["lines without a last line break", "a.ndjson", `${one}\n${two}`, `${one}\n${two}\n`, "", "\n"],
    ["lines with CRLF", "a.ndjson", `${one}\r\n\r\n${two}\r\n`, `${one}\r\n${two}\r\n`, "", "\r\n"],
  ])("%s (%s) keeps its records and its form", async (_, name, content, before, _record, after) => {
    const { db, path } = await written(name, content)
    const record = await db.create(added)
    expect(await readFile(path, "utf8")).toBe(before + JSON.stringify(record) + after)
    await db.delete(added.id)
    expect(await new FileDatabase(path).search()).toEqual(await db.search())
  })

  test("numbers that JavaScript cannot hold are compared exactly and survive every write", async () => {
    const numbers = ["9007199254740993", "1e400", "-1e-400", "0.1000000000000000055", "123456789012345678901234567890.5"]
    const lines = numbers.map((number, index) => `{"id":"00000000-0000-4000-8000-00000000001${index}","fields":{"n":${number}},"metadata":{"m":[${number}]}}`)
    const { db, path } = await written("a.ndjson", lines.join("\n"))
    await db.create(added)
    for (const [index] of numbers.entries()) await db.update(`00000000-0000-4000-8000-00000000001${index}`, { metadata: { m: index } })
    const text = await readFile(path, "utf8")
    for (const number of numbers) expect(text).toContain(`{"n":${number}}`)
    const find = (value: bigint | number) => db.count({ filters: [{ field: "fields.n", operator: "=", value }] })
    expect([await find(9007199254740993n), await find(9007199254740992n), await find(0.1)]).toEqual([1, 0, 0])
    const sorted = await db.search({ sort: [{ field: "fields.n" }] })
    expect(sorted.map(({ id }) => Number(id.at(-1)))).toEqual([2, 3, 3, 0, 4, 1])
    // As a driver reads them.
    expect(sorted.map(({ fields }) => fields["n"])).toEqual([-0, 0.1, 3, 2 ** 53, Number("123456789012345678901234567890.5"), Number.POSITIVE_INFINITY])
  })
})

describe("a record without an id", () => {
  const content = `[\n  {"fields": {"n": 1}},\n  {"fields": {"n": 1}},\n  {"id": "00000000-0000-4000-8000-000000000001", "fields": {"n": 2}}\n]\n`

  test("has one of version 7, in the order of the file and the same for every reader", async () => {
    const { db, path } = await written("a.json", content)
    const records = await db.search()
    expect(records.map(({ id }) => id[14])).toEqual(["4", "7", "7"])
    expect(records.map(({ revision }) => revision)).toEqual([1, 1, 1])
    expect(new Set(records.map(({ createdAt, updatedAt }) => [createdAt.getTime(), updatedAt.getTime()].join())).size).toBe(1)
    expect(await new FileDatabase(path).search()).toEqual(records)
    expect(await readFile(path, "utf8")).toBe(content)
  })

  test("keeps it from the next write on, and its text stays", async () => {
    const { db, path } = await written("a.json", content)
    const records = await db.search()
    const { id } = await db.create({ fields: { n: 9 } })
    await db.delete(id)
    await utimes(path, 1, 1)
    expect(await new FileDatabase(path).search()).toEqual(records)
    const [, first] = (await readFile(path, "utf8")).split("\n")
    expect(first).toMatch(/^ {2}\{"id":"[0-9a-f-]{36}","revision":1,"createdAt":".+?","updatedAt":".+?", "fields": \{"n": 1\}\},$/)
  })

  test("can be read by its id and changed", async () => {
    const { db, path } = await written("a.json", content)
    const id = (await db.search()).at(-1)?.id ?? ""
    const changed = await new FileDatabase(path).update(id, { fields: { n: 7 } })
    expect(changed.revision).toBe(2)
    expect(await db.read(id)).toEqual(changed)
    await copyFile(path, `${path}.copy`)
    expect(await new FileDatabase(`${path}.copy`).read(id)).toEqual(changed)
  })
})
