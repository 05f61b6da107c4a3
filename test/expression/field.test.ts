import { type Expression, sql } from "kysely"
import { afterAll, beforeAll, describe, expect, expectTypeOf, test } from "vitest"
import { defineRecords, field, InvalidQueryError, type PostgresDatabase } from "../../src/index.ts"
import { databases, migratedDatabase } from "../setup/databases.ts"

interface Person {
  name: string
  age?: number
  born?: Date
  address: { city: string }
}
const people = defineRecords<Person, { source: string }>({ table: "people" })

test("a field has the type of its path", () => {
  expectTypeOf(field("fields.age", people)).toExtend<Expression<number | null>>()
  expectTypeOf(field("fields.name", people)).toExtend<Expression<string | null>>()
  expectTypeOf(field("fields->>'age'", people)).toExtend<Expression<string | null>>()
  expectTypeOf(field("fields.born", people)).toExtend<Expression<string | null>>()
  expectTypeOf(field("fields.address", people)).toExtend<Expression<{ city: string } | null>>()
  expectTypeOf(field("createdAt", people)).toExtend<Expression<Date>>()
  expectTypeOf(field("revision", people)).toExtend<Expression<number>>()
  // @ts-expect-error there is no such field
  field("fields.agee", people)
  // @ts-expect-error nor in the SQL spelling
  field("fields->>'agee'", people)
  expect(() => field("agee")).toThrow(InvalidQueryError)
})

describe.each(databases)("fields in queries of one's own on $name", (kind) => {
  let db: PostgresDatabase<Person, { source: string }>
  let drop: () => Promise<void>

  beforeAll(async () => {
    ;({ db, drop } = await migratedDatabase(kind, people))
    await db.createBatch([
      { fields: { name: "30", age: 30, address: { city: "Oslo" } }, metadata: { source: "a" } },
      { fields: { name: "Bo", age: 7.5, address: { city: "Oslo" } } },
      { fields: { name: "Cy", address: { city: "Rome" } } },
      { fields: { name: "Di", age: null as never, address: { city: "Rome" } } },
    ])
  })
  afterAll(() => drop())

  test("select gives values of their JSON types, and text stays text", async () => {
    const rows = await db.kysely
      .selectFrom("people as p")
      .select([field("fields.name", people, { alias: "p" }).as("name"), field("fields.age", people, { alias: "p" }).as("age")])
      .select([field("fields->>'age'", people).as("text"), field("metadata.source", people).as("source"), field("revision", people).as("revision")])
      .orderBy(field("fields.name", people))
      .execute()
    expect(rows).toEqual([
      { name: "30", age: 30, text: "30", source: "a", revision: 1 },
      { name: "Bo", age: 7.5, text: "7.5", source: null, revision: 1 },
      { name: "Cy", age: null, text: null, source: null, revision: 1 },
      { name: "Di", age: null, text: null, source: null, revision: 1 },
    ])
  })

  test("groupBy takes missing and null for one", async () => {
    const age = field("fields.age", people)
    const rows = await db.kysely
      .selectFrom("people")
      .select([age.as("age"), sql<number>`count(*)::int`.as("people")])
      .groupBy(age)
      .orderBy(age)
      .execute()
    expect(rows).toEqual([
      { age: 7.5, people: 1 },
      { age: 30, people: 1 },
      { age: null, people: 2 },
    ])
  })
})
