import { type Kysely, type SqlBool, sql } from "kysely"
import { afterAll, beforeAll, describe, expect, expectTypeOf, test } from "vitest"
import { and, compileFilter, defineRecords, field, filter, type KyselyTables, matches, not, PostgresDatabase } from "../../src/index.ts"
import { databases, migratedDatabase, type TestDatabase } from "../setup/databases.ts"

interface Person {
  number: number
  name: string
  age?: number
  address: { city: string; "it's": string }
}
interface Visit {
  person: number
  cost?: number
  tags: string[]
}
/** Two tables of records, and one that knows nothing of them. */
interface Tables {
  people: KyselyTables<Person, never>[string]
  visits: KyselyTables<Visit, never>[string]
  cities: { name: string; country: string }
}

const people = defineRecords<Person, never>({ table: "people" })
const visits = defineRecords<Visit, never>({ table: "visits" })
const p = { alias: "p" }
const v = { alias: "v" }

// What a careless cast or comparison would stumble over is in them: text for a number, JSON null, no value, quotes.
const everybody: readonly Person[] = [
  { number: 1, name: "Ada", age: 36, address: { city: "Oslo", "it's": "a" } },
  { number: 2, name: "Bo", age: 7.5, address: { city: "Oslo", "it's": "b" } },
  { number: 3, name: "Cy", address: { city: "Rome", "it's": "a" } },
  { number: 4, name: "Di", age: null as never, address: { city: "Rome", "it's": "b" } },
  { number: 5, name: "Ed", age: "36" as never, address: { city: "Bergen", "it's": "a" } },
  { number: 6, name: "Fy", age: 100, address: { city: "Bergen", "it's": "a" } },
]
const everyVisit: readonly Visit[] = [
  { person: 1, cost: 10, tags: ["new"] },
  { person: 1, cost: 30, tags: [] },
  { person: 2, cost: 5, tags: ["new", "vip"] },
  { person: 3, tags: ["vip"] },
  { person: "4" as never, cost: 99, tags: ["vip"] },
  { person: 6, cost: "30" as never, tags: [] },
]
const cities: readonly Tables["cities"][] = [
  { name: "Oslo", country: "Norway" },
  { name: "Bergen", country: "Norway" },
  { name: "Rome", country: "Italy" },
]

const adult = filter("fields.age", ">=", 18)
const dear = filter("fields.cost", ">", 8)
const tagged = (tag: string) => filter("fields.tags", "any", filter("", "=", tag))

const isAdult = (person: Person) => matches(adult, { fields: person })
const isDear = (visit: Visit) => matches(dear, { fields: visit })

async function tables(kind: TestDatabase): Promise<{ kysely: Kysely<Tables>; drop: () => Promise<void> }> {
  const { db, drop } = await migratedDatabase(kind, people)
  // Its own tables are what the type of a caller's Kysely says.
  const kysely = db.kysely as unknown as Kysely<Tables>
  const visitsDb = new PostgresDatabase({ kysely: kysely as never, records: visits })
  await visitsDb.migrate()
  await db.createBatch(everybody.map((fields) => ({ fields })))
  await visitsDb.createBatch(everyVisit.map((fields) => ({ fields })))
  await sql`create table cities (name text primary key, country text not null)`.execute(kysely)
  await kysely.insertInto("cities").values(cities).execute()
  return { kysely, drop }
}

describe.each(databases)("filters and fields in queries of one's own on $name", (kind) => {
  let kysely: Kysely<Tables>
  let drop: () => Promise<void>

  beforeAll(async () => {
    ;({ kysely, drop } = await tables(kind))
  })
  afterAll(() => drop())

  test("a join of two tables of records goes by JSON values, each side with filters under its alias", async () => {
    const rows = await kysely
      .selectFrom("people as p")
      .innerJoin("visits as v", (join) => join.on((on) => on(field("fields.person", visits, v), "=", field("fields.number", people, p))))
      .where(compileFilter(adult, people, p))
      .where(compileFilter(dear, visits, v))
      .select([field("fields.name", people, p).as("name"), field("fields.cost", visits, v).as("cost"), field("fields.tags.0", visits, v).as("tag")])
      .orderBy(field("fields.cost", visits, v), "desc")
      .execute()
    expectTypeOf(rows).toEqualTypeOf<{ name: string | null; cost: number | null; tag: string | null }[]>()
    const pairs = everybody
      .filter(isAdult)
      .flatMap((person) => everyVisit.filter(isDear).flatMap((visit) => (visit.person === person.number ? [{ person, visit }] : [])))
    expect(rows).toEqual(
      pairs
        .toSorted((a, b) => (b.visit.cost ?? 0) - (a.visit.cost ?? 0))
        .map(({ person, visit }) => ({ name: person.name, cost: visit.cost, tag: visit.tags[0] ?? null })),
    )
    expect(rows).toHaveLength(2)
  })

  test("a text path joins a column of text, and a filter in ON keeps an outer join outer", async () => {
    const rows = await kysely
      .selectFrom("cities as c")
      .leftJoin("people as p", (join) =>
        join.on((on) => on(field("fields->'address'->>'city'", people, p), "=", on.ref("c.name"))).on(compileFilter(adult, people, p)),
      )
      .select(["c.name as city", field("fields.name", people, p).as("adult")])
      .orderBy("c.name")
      .orderBy("adult")
      .execute()
    expectTypeOf(rows).toEqualTypeOf<{ city: string; adult: string | null }[]>()
    expect(rows).toEqual([
      { city: "Bergen", adult: "Fy" },
      { city: "Oslo", adult: "Ada" },
      { city: "Rome", adult: null },
    ])
  })

  test("a filter stands inside a common table expression, and on what one gives", async () => {
    const inside = kysely.with("adults", (db) => db.selectFrom("people").selectAll().where(compileFilter(adult, people)))
    const rows = await inside
      .selectFrom("adults as a")
      .where(compileFilter(not(filter("fields.address.city", "=", "Oslo")), people, { alias: "a" }))
      .select([field("fields.name", people, { alias: "a" }).as("name"), "a.revision"])
      .execute()
    expectTypeOf(rows).toEqualTypeOf<{ name: string | null; revision: string | number }[]>()
    expect(rows.map(({ name }) => name)).toEqual(everybody.filter((one) => isAdult(one) && one.address.city !== "Oslo").map(({ name }) => name))
    const totals = await kysely
      .with("spent", (db) =>
        db
          .selectFrom("visits")
          .where(compileFilter(filter("fields.cost", "type", "number"), visits))
          .select([field("fields.person", visits).as("person"), sql<number>`sum((${field("fields.cost", visits)})::float8)`.as("total")])
          .groupBy(field("fields.person", visits)),
      )
      .selectFrom("spent")
      .innerJoin("people as p", (join) => join.on((on) => on(on.ref("spent.person"), "=", field("fields.number", people, p))))
      .select([field("fields.name", people, p).as("name"), "spent.total"])
      .orderBy("spent.total", "desc")
      .execute()
    expectTypeOf(totals).toEqualTypeOf<{ name: string | null; total: number }[]>()
    expect(totals).toEqual([
      { name: "Ada", total: 40 },
      { name: "Bo", total: 5 },
    ])
  })

  test.each(["new", "vip", "none"])("a correlated subquery asks exists of the visits tagged %s, and its complement", async (tag) => {
    const names = async (wanted: "with" | "without") => {
      const rows = await kysely
        .selectFrom("people as p")
        .where((eb) => {
          const visited = eb
            .selectFrom("visits as v")
            .select(sql.lit(1).as("one"))
            .where((inner) => inner(field("fields.person", visits, v), "=", field("fields.number", people, p)))
            .where(compileFilter(tagged(tag), visits, v))
          return wanted === "with" ? eb.exists(visited) : eb.not(eb.exists(visited))
        })
        .select(field("fields.name", people, p).as("name"))
        .orderBy(field("fields.name", people, p))
        .execute()
      expectTypeOf(rows).toEqualTypeOf<{ name: string | null }[]>()
      return rows.map(({ name }) => name)
    }
    const visited = everybody.filter(({ number }) => everyVisit.some((visit) => visit.person === number && visit.tags.includes(tag)))
    expect(await names("with")).toEqual(visited.map(({ name }) => name))
    expect(await names("without")).toEqual(everybody.filter((one) => !visited.includes(one)).map(({ name }) => name))
  })

  test("a subquery in IN gives JSON values, which never equal a text that looks like them", async () => {
    const rows = await kysely
      .selectFrom("people as p")
      .where(field("fields.number", people, p), "in", (eb) =>
        eb
          .selectFrom("visits as v")
          .select(field("fields.person", visits, v).as("person"))
          .where(compileFilter(dear, visits, v)),
      )
      .select(field("fields.number", people, p).as("number"))
      .execute()
    expectTypeOf(rows).toEqualTypeOf<{ number: number | null }[]>()
    expect(rows).toEqual([{ number: 1 }])
    const scalar = await kysely
      .selectFrom("people as p")
      .select((eb) => [
        field("fields.name", people, p).as("name"),
        eb
          .selectFrom("visits as v")
          .select(sql<number>`count(*)::int`.as("visits"))
          .where((inner) => inner(field("fields.person", visits, v), "=", field("fields.number", people, p)))
          .where(compileFilter(dear, visits, v))
          .as("dear"),
      ])
      .orderBy("name")
      .execute()
    expectTypeOf(scalar).toEqualTypeOf<{ name: string | null; dear: number | null }[]>()
    expect(scalar).toEqual(everybody.map(({ name, number }) => ({ name, dear: everyVisit.filter((visit) => visit.person === number && isDear(visit)).length })))
  })

  test("having takes a filter on a grouped record, and one that an aggregate looks at", async () => {
    const visitors = await kysely
      .selectFrom("people as p")
      .innerJoin("visits as v", (join) => join.on((on) => on(field("fields.person", visits, v), "=", field("fields.number", people, p))))
      .groupBy("p.id")
      .having(compileFilter(adult, people, p))
      .having(({ fn }) => fn.countAll(), ">", 1)
      .select(field("fields.name", people, p).as("name"))
      .execute()
    expectTypeOf(visitors).toEqualTypeOf<{ name: string | null }[]>()
    expect(visitors).toEqual([{ name: "Ada" }])
    const city = field("fields.address.city", people)
    const withoutAdults = await kysely
      .selectFrom("people")
      .groupBy(city)
      .having((eb) => eb.not(sql<SqlBool>`bool_or(${compileFilter(adult, people)})`))
      .select(city.as("city"))
      .execute()
    expectTypeOf(withoutAdults).toEqualTypeOf<{ city: string | null }[]>()
    expect(withoutAdults).toEqual([{ city: "Rome" }])
  })

  test("groupBy goes by several fields, also one with a quote in its key, and an aggregate counts what a filter finds", async () => {
    const [city, letter] = [field("fields.address.city", people), field(["fields", "address", "it's"], people)]
    const rows = await kysely
      .selectFrom("people")
      .select((eb) => [
        city.as("city"),
        letter.as("letter"),
        eb.cast<number>(eb.fn.countAll().filterWhere(compileFilter(adult, people)), "integer").as("adults"),
      ])
      .groupBy([city, letter])
      .orderBy(city)
      .orderBy(letter)
      .execute()
    expectTypeOf(rows).toEqualTypeOf<{ city: string | null; letter: string | null; adults: number }[]>()
    const groups = Map.groupBy(everybody, ({ address }) => `${address.city} ${address["it's"]}`)
    expect(rows).toEqual(
      [...groups]
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, group]) => ({ city: key.slice(0, -2), letter: key.slice(-1), adults: group.filter(isAdult).length })),
    )
  })

  test("case takes filters, for a value, for an order and for a group", async () => {
    const rows = await kysely
      .selectFrom("people")
      .select((eb) => [
        field("fields.name", people).as("name"),
        eb
          .case()
          .when(compileFilter(adult, people))
          .then("adult")
          .when(compileFilter(filter("fields.age", "type", "number"), people))
          .then("child")
          .else("unknown")
          .end()
          .as("is"),
      ])
      .orderBy((eb) => eb.case().when(compileFilter(adult, people)).then(0).else(1).end())
      .orderBy(field("fields.name", people))
      .execute()
    expectTypeOf(rows).toEqualTypeOf<{ name: string | null; is: string }[]>()
    const is = (person: Person) => (isAdult(person) ? "adult" : typeof person.age === "number" ? "child" : "unknown")
    expect(rows).toEqual([...everybody.filter(isAdult), ...everybody.filter((one) => !isAdult(one))].map((one) => ({ name: one.name, is: is(one) })))
    const groups = await kysely
      .selectFrom("people")
      .select((eb) => [
        eb.case().when(compileFilter(adult, people)).then("adult").else("other").end().as("is"),
        eb.cast<number>(eb.fn.countAll(), "integer").as("people"),
      ])
      .groupBy(sql.ref("is"))
      .orderBy("is")
      .execute()
    expectTypeOf(groups).toEqualTypeOf<{ is: string; people: number }[]>()
    expect(groups).toEqual([
      { is: "adult", people: 2 },
      { is: "other", people: 4 },
    ])
  })

  test("orderBy goes by JSON values, which SQL NULL stands behind, or by text", async () => {
    const names = async (order: "values" | "values the other way round" | "text") => {
      const all = kysely.selectFrom("people").select(field("fields.name", people).as("name"))
      const ordered = {
        values: all.orderBy(field("fields.age", people)),
        "values the other way round": all.orderBy(field("fields.age", people), (by) => by.desc().nullsLast()),
        text: all.orderBy(field("fields->>'age'", people)),
      }[order]
      return (await ordered.orderBy(field("fields.name", people)).execute()).map(({ name }) => name)
    }
    // A string is below every number; as text 100 is below 36.
    expect(await names("values")).toEqual(["Ed", "Bo", "Ada", "Fy", "Cy", "Di"])
    expect(await names("values the other way round")).toEqual(["Fy", "Ada", "Bo", "Ed", "Cy", "Di"])
    expect(await names("text")).toEqual(["Fy", "Ada", "Ed", "Bo", "Cy", "Di"])
  })

  test("text stays text, whatever the value is", async () => {
    const rows = await kysely
      .selectFrom("people")
      .select([field("fields->>'age'", people).as("text"), field("fields->>'address'", people).as("address"), field("fields.address", people).as("json")])
      .where(compileFilter(and(adult, filter("fields.address.city", "=", "Oslo")), people))
      .execute()
    expectTypeOf(rows).toEqualTypeOf<{ text: string | null; address: string | null; json: Person["address"] | null }[]>()
    expect(rows).toEqual([{ text: "36", address: `{"city": "Oslo", "it's": "a"}`, json: { city: "Oslo", "it's": "a" } }])
  })
})

test("a field of the wrong type is seen where it is used", () => {
  const kysely = null as unknown as Kysely<Tables>
  const use = () => [
    // @ts-expect-error a number is compared with a text
    kysely.selectFrom("people").where(field("fields.age", people), "=", "36"),
    // @ts-expect-error there is no such field of a visit
    kysely.selectFrom("visits").select(field("fields.name", visits).as("name")),
    // @ts-expect-error a condition on people is none on visits
    kysely.selectFrom("visits").where(compileFilter(filter("fields.age", ">", 1), visits)),
    // @ts-expect-error a filter is no value of the type of a field
    kysely.selectFrom("people").where(field("fields.number", people), "in", ["1"]),
  ]
  expect(use).toBeTypeOf("function")
})
