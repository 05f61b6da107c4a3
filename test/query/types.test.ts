import { describe, expectTypeOf, test } from "vitest"
import {
  and,
  type Condition,
  compileFilter,
  defineRecords,
  type FieldName,
  filter,
  type LooseCondition,
  not,
  Operator,
  or,
  type PostgresDatabase,
  previewQuery,
  type Query,
  type RecordShape,
} from "../../src/index.ts"

interface Person {
  name: string
  age?: number
  nickname: string | null
  address: { city: string; zip?: string }
  tags: string[]
  scores: readonly [number, string]
  born: Date
  active: boolean
  size: "small" | "large"
  mixed: string | number | { deep: number }
  "first name": string
  "a.b": string
  children: Person[]
  extra: Record<string, number>
  anything: unknown
}
interface Source {
  version: string
}

declare const db: PostgresDatabase<Person, Source>
declare const untyped: PostgresDatabase
declare const plain: Query
declare const loose: LooseCondition
const people = defineRecords<Person, Source>({ table: "people" })

// biome-ignore lint/suspicious/noExplicitAny: what users write who want no checks
declare const anything: PostgresDatabase<any>
declare const unknowns: PostgresDatabase<{ answers: unknown }>

// A type that says nothing allows every operator, with what that operator can be given at all.
const unchecked = async (): Promise<void> => {
  await anything.search({
    filters: [filter("fields.a.b", ">", 3), filter("fields.tags", "contains", "vip"), { field: "fields.c", operator: "in", value: [1] }],
  })
  await unknowns.search({ filters: [filter("fields.answers.first", "between", [1, 2]), { field: "fields.answers.a", operator: "size", value: 1 }] })
  // @ts-expect-error a list has members, whatever the field is
  await anything.search({ filters: [filter("fields.a", "in", 3)] })
  // @ts-expect-error null is no operand, whatever the field is
  await anything.search({ filters: [filter("fields.a", "=", null)] })
}

// Checked by the compiler alone: the functions are never called.
const accepted = async (): Promise<void> => {
  await db.search({
    filters: [
      filter("fields.age", Operator.GTE, 18),
      filter("fields.age", ">", 2n ** 60n),
      filter("fields.address.city", "=", "Paris"),
      filter("fields.address.zip", "like", "1%"),
      filter("fields.nickname", "=", "Ace"),
      filter("fields.tags.0", "=", "vip"),
      filter("fields.scores.1", "starts_with", "x"),
      filter("fields.born", "between", [new Date(0), "2020-01-01T00:00:00.000Z"]),
      filter("fields.active", "=", true),
      filter("fields.size", "in", ["small"]),
      filter("fields.mixed.deep", "<", 3),
      filter("fields.mixed", ">", "x"),
      filter("fields.mixed", "=", 3),
      filter("fields.first name", "regex", "^A"),
      filter(["fields", "a.b"], "=", "x"),
      filter(["fields", "tags", -1], "=", "x"),
      filter("fields.children.0.address.city", "exists"),
      filter("fields.extra.anything", ">", 3),
      filter("fields.anything", "=", "x"),
      filter("fields.address", "=", { city: "Oslo" }),
      filter("fields->>'name'", Operator.EQ, "Alice"),
      filter("metadata->>'version'", Operator.GT, "2.0"),
      filter("fields->'address'->>'city'", "=", "Oslo"),
      filter("fields#>>'{address,city}'", "=", "Oslo"),
      filter("fields.age", "not_exists"),
      filter("fields.age", "type", ["number", "missing"]),
      filter("fields.name", "ilike", "a%"),
      filter("fields.tags", "contains", "vip"),
      filter("fields.tags", "contains", ["vip", "new"]),
      filter("fields.tags", "contains_any", ["vip"]),
      filter("fields.tags", "size", 2),
      filter("fields.address", "contains", { city: "Oslo" }),
      filter("fields.children", "contains", [] as string[] as never[]),
      filter("fields.tags", "any", filter("", "starts_with", "v")),
      filter("fields.children", "any", filter("address.city", "=", "Oslo")),
      filter("fields.children", "any", and(filter("age", ">", 3), filter("tags", "any", filter("", "=", "x")))),
      filter("fields.children", "any", { field: "name", operator: "=", value: "Bo" }),
      filter("fields.anything", "any", filter("x", "=", "y")),
      { field: "fields.children", operator: "any", value: { field: "address.city", operator: "=", value: "Oslo" } },
      filter("id", "=", "x"),
      filter("revision", ">", 2),
      filter("createdAt", ">", new Date()),
      or(filter("fields.age", ">", 3), and(filter("fields.name", "=", "x"), not(filter("fields.active", "=", true)))),
      { field: "fields.age", operator: "between", value: [1, 2] },
      { or: [{ field: "fields.name", operator: "like", value: "x%" }, { not: { field: "fields.tags", operator: "exists" } }] },
      { field: ["fields", "a.b"], operator: "=", value: "x" },
    ],
    sort: [{ field: "fields.age", order: "desc", nulls: "last" }, { field: "createdAt" }, { field: "fields->>'name'" }],
    limit: 3,
  })
  compileFilter(filter("fields.age", ">", 30), people)
  compileFilter(filter("fields.whatever", ">", 30))
  compileFilter(and(filter("fields.age", ">", 30), or(filter("fields.name", "=", "x"), not(filter("fields.active", "=", true)))), people)
  compileFilter(not(filter("fields.tags", "any", or(filter("", "=", "x"), filter("", "=", "y")))), people, { alias: "p" })
  compileFilter(and(filter("fields.whatever", ">", 30), not(filter("fields.whatever", "exists"))))
  compileFilter(loose)
  compileFilter(loose, undefined, { alias: "p" })
  const condition: Condition<RecordShape<Person, Source>> = filter("fields.age", ">", 30)
  compileFilter(condition)
  compileFilter(condition, people, { alias: "p" })
  compileFilter(filter("fields.age", ">", 30), people, { alias: "p" })
  compileFilter(filter("fields.age", ">", 30), undefined, { alias: "p" })
  const apart = filter("fields.age", ">", 30)
  await db.search({ filters: [apart] })
  const query: Query<RecordShape<Person, Source>> = { filters: [condition] }
  await db.search(query)
  await db.count(query)
  db.preview(query)
  await db.count({ filters: [filter("fields.age", ">", 3)], select: ["fields.name"] })
  await untyped.search(plain)
  await untyped.search({ ...plain, select: ["fields.whatever"] })
  await untyped.count(plain)
  previewQuery(plain)
  previewQuery(query, people)
  previewQuery({ filters: [filter("fields.age", "=", 3)] }, people)
  previewQuery({ filters: [filter("fields.anything.at.all", "=", 3)] })
  db.kysely
    .selectFrom("people")
    .select("id")
    .where(compileFilter(filter("fields.age", ">", 30), people))
}

const refused = async (): Promise<void> => {
  await db.search({
    filters: [
      // @ts-expect-error no such field
      filter("fields.agee", "=", 3),
      filter(
        // @ts-expect-error no such field, at that word
        "fields.address.town",
        "=",
        "x",
      ),
      filter(
        "fields.age",
        ">=",
        // @ts-expect-error a string where a number stands, at that word
        "18",
      ),
      filter(
        "fields.age",
        "between",
        // @ts-expect-error one bound
        [18],
      ),
      filter(
        "fields.name",
        // @ts-expect-error no such operator, at that word
        "==",
        "x",
      ),
      filter(
        "fields.active",
        // @ts-expect-error booleans have no order
        ">",
        true,
      ),
      filter(
        "fields.age",
        // @ts-expect-error patterns are for text
        "like",
        "1%",
      ),
      // @ts-expect-error exists takes no value
      filter("fields.age", "exists", true),
      // @ts-expect-error between takes one
      filter("fields.age", "between"),
      // @ts-expect-error null is no operand
      filter("fields.nickname", "=", null),
      // @ts-expect-error undefined is no operand
      filter("fields.age", "=", undefined),
      // @ts-expect-error in takes a list
      filter("fields.age", "in", 3),
      // @ts-expect-error a member of another type
      filter("fields.age", "in", [3, "x"]),
      // @ts-expect-error none of the words
      filter("fields.size", "=", "medium"),
      // @ts-expect-error bounds of two types
      filter("fields.mixed", "between", [1, "x"]),
      // @ts-expect-error not in the SQL spelling either
      filter("fields->>'nam'", "=", "x"),
      // @ts-expect-error a number in the SQL spelling
      filter("fields->>'age'", "=", "3"),
      // @ts-expect-error no such key in a list
      filter(["fields", "nam"], "=", "x"),
      filter(
        "fields.children",
        "any",
        filter(
          // @ts-expect-error the element has no such field
          "nam",
          "=",
          "x",
        ),
      ),
      filter(
        "fields.name",
        // @ts-expect-error text has no elements
        "contains",
        "x",
      ),
      // @ts-expect-error an element of another type
      filter("fields.tags", "contains", 3),
      // @ts-expect-error no such kind
      filter("fields.tags", "type", "list"),
      // @ts-expect-error no such column
      filter("name", "=", "x"),
      // @ts-expect-error a column always has a value
      filter("id", "exists"),
      // @ts-expect-error an array has no keys
      filter("fields.children.name", "=", "x"),
      or(
        filter("fields.age", ">", 3),
        // @ts-expect-error deep inside
        filter("fields.nam", "=", "x"),
      ),
      {
        // @ts-expect-error a plain object is checked too, word by word
        field: "fields.agee",
        operator: "=",
        value: 3,
      },
      {
        field: "fields.age",
        operator: "=",
        // @ts-expect-error and so is its value
        value: "x",
      },
      {
        field: "fields.children",
        operator: "contains",
        // @ts-expect-error of an array what an element can have
        value: { nam: "x" },
      },
      // @ts-expect-error one bound
      { field: "fields.age", operator: "between", value: [1] },
      // @ts-expect-error an unknown key
      { field: "fields.age", operator: "=", value: 1, negate: true },
    ],
    sort: [
      // @ts-expect-error no such field to sort by
      { field: "fields.agee" },
      // @ts-expect-error no such direction
      { field: "fields.age", order: "down" },
    ],
    // @ts-expect-error a limit is a number
    limit: "3",
  })
  // @ts-expect-error an unknown key
  await db.search({ filter: [] })
  // @ts-expect-error no such path to select
  await db.search({ select: ["fields.agee"] })
  // @ts-expect-error a record of another type
  await db.create({ fields: { name: "Ada" } })
  compileFilter(
    // @ts-expect-error the definition says what there is
    filter("fields.agee", ">", 30),
    people,
  )
  compileFilter(
    // @ts-expect-error inside a group too
    and(filter("fields.age", ">", 30), filter("fields.agee", ">", 30)),
    people,
  )
  compileFilter(
    // @ts-expect-error and for the value
    not(filter("fields.age", ">", "30")),
    people,
    { alias: "p" },
  )
  const apart = filter("fields.age", ">", "x")
  // @ts-expect-error made outside, checked where it is used
  await db.search({ filters: [apart] })
}

describe("types", () => {
  test("what is accepted and refused is checked by the compiler", () => {
    expectTypeOf(accepted).returns.toEqualTypeOf<Promise<void>>()
    expectTypeOf(unchecked).returns.toEqualTypeOf<Promise<void>>()
    expectTypeOf(refused).returns.toEqualTypeOf<Promise<void>>()
  })

  test("a stored record has the record's types, and a Date comes back as a string", () => {
    const search = () => db.search({ limit: 1 })
    type Found = Awaited<ReturnType<typeof search>>[number]
    expectTypeOf<Found["fields"]["name"]>().toEqualTypeOf<string>()
    expectTypeOf<Found["fields"]["born"]>().toEqualTypeOf<string>()
    expectTypeOf<Found["fields"]["age"]>().toEqualTypeOf<number | undefined>()
    expectTypeOf<Found["metadata"]>().toEqualTypeOf<Source | null>()
    expectTypeOf<Found["createdAt"]>().toEqualTypeOf<Date>()
  })

  test("select gives just the paths, optional where there may be no value", () => {
    const search = () => db.search({ select: ["id", "fields.name", "fields.address.zip", "metadata.version", "fields.tags.0"] })
    type Found = Awaited<ReturnType<typeof search>>[number]
    expectTypeOf<Found["id"]>().toEqualTypeOf<string>()
    expectTypeOf<Found["fields"]["name"]>().toEqualTypeOf<string>()
    expectTypeOf<NonNullable<Found["fields"]["address"]>["zip"]>().toEqualTypeOf<string | undefined>()
    expectTypeOf<Found["metadata"]>().toEqualTypeOf<{ version?: string } | undefined>()
    const anything = (select: readonly FieldName<RecordShape<Person, Source>>[]) => db.search({ select })
    type Any = Awaited<ReturnType<typeof anything>>[number]
    expectTypeOf<Any["revision"]>().toEqualTypeOf<number | undefined>()
    // @ts-expect-error not selected
    type Revision = Found["revision"]
    expectTypeOf<Found>().not.toHaveProperty("revision")
    expectTypeOf<Revision>().toBeAny()
  })
})
