import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { LanguageServer } from "../setup/language-server.ts"

const start = `import { and, compileFilter, defineRecords, filter, or, type PostgresDatabase } from "../../src/index.ts"
interface Tree { name: string; parent?: Tree; born: Date }
interface Person {
  name: string
  age?: number
  nickname: string | null
  address: { city: string; geo: { lat: number } }
  contact: { mail: string } | { phone: { code: number } }
  lines: { sku: string; parts: { id: number }[] }[]
  pair: [number, { x: string }]
  extra: { [key: string]: { n: number } }
  tree: Tree
}
declare const db: PostgresDatabase<Person, { version: string }>
const people = defineRecords<Person>()
`

const server = new LanguageServer()
beforeAll(() => server.start())
afterAll(() => server.stop())

describe("an editor", () => {
  test.each([
    ["a filter", 'await db.search({ filters: [filter("<here>", "=", 3)] })'],
    ["a filter in an or in an and", 'await db.search({ filters: [and(or(filter("<here>", "=", 3)))] })'],
    ["a sort", 'await db.search({ sort: [{ field: "<here>" }] })'],
    ["a selection", 'await db.search({ select: ["<here>"] })'],
    ["a filter in a query of one's own", 'compileFilter(filter("<here>", "=", 3), people)'],
    ["a filter in an or in a query of one's own", 'compileFilter(or(filter("<here>", "=", 3)), people)'],
  ])("completes deep paths in %s", async (_, line) => {
    const offered = await server.completions(start + line)
    expect(offered).toEqual(
      expect.arrayContaining([
        "fields.age",
        "fields.nickname",
        "fields.address.geo.lat",
        "fields.contact.phone.code",
        "fields.tree.parent.parent.name",
        "fields.tree.born",
      ]),
    )
    expect(offered).not.toContain("fields.tree.born.getTime")
  })

  test("completes in a plain condition the fields that go with what is written", async () => {
    const offered = await server.completions(`${start}await db.search({ filters: [{ field: "<here>", operator: ">", value: 3 }] })`)
    expect(offered).toContain("fields.address.geo.lat")
    expect(offered).not.toContain("fields.tree.name")
  })

  test("completes the paths of an element", async () => {
    const offered = await server.completions(`${start}await db.search({ filters: [filter("fields.lines", "any", filter("<here>", "=", 3))] })`)
    expect(offered).toEqual(expect.arrayContaining(["sku", "parts"]))
    expect(offered).not.toContain("fields.age")
  })

  test("completes the operators that the field has", async () => {
    const offered = await server.completions(`${start}await db.search({ filters: [filter("fields.age", "<here>", 3)] })`)
    expect(offered).toEqual(expect.arrayContaining([">=", "between", "exists"]))
    expect(offered).not.toContain("like")
  })
})

describe("an error names the wrong word", () => {
  test.each([
    ["a field", 'filter("fields.agee", "=", 3)', '"fields.agee"', "fields.agee"],
    ["a deep field", 'filter("fields.address.geo.lng", "=", 3)', '"fields.address.geo.lng"', "fields.address.geo.lng"],
    ["a field of a Date", 'filter("fields.tree.born.year", "=", 3)', '"fields.tree.born.year"', "fields.tree.born.year"],
    ["a key of an array", 'filter("fields.lines.sku", "=", "x")', '"fields.lines.sku"', "fields.lines.sku"],
    ["an operator", 'filter("fields.age", "=>", 3)', '"=>"', "=>"],
    ["an operator of another type", 'filter("fields.age", "like", "3%")', '"like"', "like"],
    ["an operand", 'filter("fields.age", ">=", "18")', '"18"', "string"],
    ["an operand through an optional parent", 'filter("fields.tree.parent.name", "=", 3)', "3", "number"],
    ["an operand of a member of a tuple", 'filter("fields.pair.1.x", "=", 3)', "3", "number"],
    ["an operand under an index signature", 'filter("fields.extra.any.n", "=", "x")', '"x"', "string"],
    ["a field of an element", 'filter("fields.lines", "any", filter("skuu", "=", "x"))', '"skuu"', "skuu"],
  ])("%s: %s", async (_, condition, at, word) => {
    const complaints = await server.complaints(`${start}await db.search({ filters: [${condition}] })`)
    expect(complaints.map((complaint) => complaint.at)).toEqual([at])
    expect(complaints[0]?.message).toContain(word)
  })

  test("and what is right is no error", async () => {
    const right = ['filter("fields.tree.parent.parent.born", "<", new Date())', 'filter("fields.pair.1.x", "=", "x")', 'filter("fields.extra.any.n", "=", 3)']
    expect((await server.complaints(`${start}await db.search({ filters: [${right.join(", ")}] })`)).map(({ message }) => message)).toEqual([])
  })
})
