import { describe, expect, expectTypeOf, test } from "vitest"
import { defineRecords, filter, type JsonObject, type RecordsDefinition } from "../../src/index.ts"

interface Person {
  name: string
  age?: number
  born: Date
  tags: string[]
  address: { city: string; zip?: string | null }
  mixed: string | number
  anything: JsonObject[string]
  extra?: { a: number } | null
}
interface Source {
  version: string
}

describe("the fields of indexes are checked by the compiler", () => {
  test("every kind takes the fields that it can hold", () => {
    const people = defineRecords<Person, Source>({
      table: "people",
      indexes: [
        { field: "fields.age" },
        { field: "fields.address.city", order: "desc", unique: true },
        { field: "metadata.version", nulls: "last" },
        { field: "createdAt" },
        { fields: ["fields.address.zip", { field: "fields.age", order: "desc" }, ["fields", "a.b"]], where: filter("fields.age", ">", 3) },
        { field: "fields.name", where: { field: "fields.age", operator: "exists" } },
        { kind: "text", field: "fields.name" },
        { kind: "text", field: "fields.born" },
        { kind: "text", field: "fields.mixed" },
        { kind: "trigram", field: "fields.address.zip" },
        { kind: "trigram", field: "fields.tags.0" },
        { kind: "trigram", field: "fields->>'name'" },
        { kind: "array", field: "fields.tags" },
        { kind: "array", field: "fields.extra" },
        { kind: "array", field: "fields.anything" },
      ],
    })
    expect(people.indexes).toHaveLength(15)
    expect(
      defineRecords({ indexes: [{ field: "fields.any.path" }, { kind: "text", field: "fields.a.b" }, { kind: "array", field: "fields.a" }] }).indexes,
    ).toHaveLength(3)
  })

  test("what it cannot hold fails at the word", () => {
    const refused = (): void => {
      defineRecords<Person, Source>({
        indexes: [
          // @ts-expect-error no such path
          { field: "fields.agee" },
          // @ts-expect-error no such path in a list
          { fields: ["fields.age", "fields.nam"] },
          // @ts-expect-error no such path in a key
          { fields: [{ field: "metadata.versio", order: "desc" }] },
          // @ts-expect-error no such order
          { field: "fields.age", order: "down" },
          // @ts-expect-error no such kind
          { kind: "hash", field: "fields.age" },
          {
            kind: "text",
            // @ts-expect-error a number does not begin with a text
            field: "fields.age",
          },
          {
            kind: "trigram",
            // @ts-expect-error an array is no text
            field: "fields.tags",
          },
          {
            kind: "array",
            // @ts-expect-error a string has no elements
            field: "fields.name",
          },
          {
            kind: "array",
            // @ts-expect-error a Date is stored as a string
            field: "fields.born",
          },
          {
            kind: "text",
            // @ts-expect-error a column is no text in a document
            field: "createdAt",
          },
          {
            kind: "trigram",
            // @ts-expect-error nor is the id
            field: "id",
          },
          // @ts-expect-error only a path index is unique
          { kind: "text", field: "fields.name", unique: true },
          {
            field: "fields.age",
            // @ts-expect-error no such field in the condition
            where: filter("fields.agee", "exists"),
          },
        ],
      })
    }
    expect(refused).toThrow(/no such path|unknown|is one of/)
  })

  test("they are not taken for all that a record has", () => {
    const anything = defineRecords({ table: "anything", indexes: [{ field: "fields.age" }, { kind: "text", field: "fields.name" }] })
    expectTypeOf(anything).toEqualTypeOf<RecordsDefinition>()
    const people = defineRecords<Person>({ indexes: [{ field: "fields.age" }] })
    expectTypeOf(people).toEqualTypeOf<RecordsDefinition<Person>>()
  })
})
