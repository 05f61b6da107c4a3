import type { StandardSchemaV1 } from "@standard-schema/spec"
import { type } from "arktype"
import { sql } from "kysely"
import * as v from "valibot"
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest"
import { z } from "zod"
import { ConfigurationError, defineRecords, FileDatabase, InvalidRecordError, PostgresDatabase, RawJson, StoredRecordError } from "../../src/index.ts"
import { exactJson } from "../../src/json/exact-number.ts"
import { databases } from "../setup/databases.ts"
import { temporaryFolder } from "../setup/temporary-folder.ts"

interface Person {
  name: string
  age: number
  tags: string[]
}

interface Given {
  name: string
  age: number
  tags?: string[] | undefined
}

interface Source {
  source: string
}

/** One schema in three libraries: a name without blanks around it, an age, tags that may be left out. */
const libraries: { library: string; fields: StandardSchemaV1<Given, Person>; metadata: StandardSchemaV1<Source> }[] = [
  {
    library: "zod",
    fields: z.object({ name: z.string().trim().min(1), age: z.number().int().min(0), tags: z.array(z.string()).default([]) }),
    metadata: z.strictObject({ source: z.string() }),
  },
  {
    library: "valibot",
    fields: v.object({
      name: v.pipe(v.string(), v.trim(), v.minLength(1)),
      age: v.pipe(v.number(), v.integer(), v.minValue(0)),
      tags: v.optional(v.array(v.string()), []),
    }),
    metadata: v.strictObject({ source: v.string() }),
  },
  {
    library: "arktype",
    fields: type({ "+": "delete", name: type("string.trim").to("string > 0"), age: "number.integer >= 0", tags: type("string[]").default(() => []) }),
    metadata: type({ "+": "reject", source: "string" }),
  },
]

const folder = temporaryFolder()

describe.each(databases)("schemas on $name", (kind) => {
  let connection: PostgresDatabase
  let drop: () => Promise<void>

  beforeAll(async () => {
    const created = await kind.create()
    connection = new PostgresDatabase(created.options)
    drop = created.drop
    await connection.migrate()
  })
  afterAll(async () => {
    await connection.close()
    await drop()
  })
  beforeEach(() => sql`truncate records`.execute(connection.kysely))

  const opened = <F, M, FIn, MIn>(records: ReturnType<typeof defineRecords<F, M, FIn, MIn>>) =>
    new PostgresDatabase<F, M, FIn, MIn>({ kysely: connection.kysely, records })

  describe.each(libraries)("of $library", ({ fields, metadata }) => {
    const people = defineRecords({ schemas: { fields, metadata } })

    test("what is written is what the schema makes of it, in every write", async () => {
      const db = opened(people)
      const ada = await db.create({ fields: { name: " Ada ", age: 36, extra: true } as Given, metadata: { source: "web" } })
      expect([ada.fields, ada.metadata]).toEqual([{ name: "Ada", age: 36, tags: [] }, { source: "web" }])
      expect((await db.update(ada.id, { fields: { name: "Ada\n", age: 37 } })).fields).toEqual({ name: "Ada", age: 37, tags: [] })
      expect((await db.upsert({ id: ada.id, fields: { name: " Ada", age: 38 } })).fields).toEqual({ name: "Ada", age: 38, tags: [] })
      const ids = await db.createBatch([{ fields: { name: "\tBo", age: 1, tags: ["x"] } }, { fields: { name: "Cy ", age: 2 }, metadata: null }])
      expect((await Promise.all(ids.map((id) => db.read(id)))).map((record) => record?.fields.name)).toEqual(["Bo", "Cy"])
      const file = new FileDatabase(`${folder()}/people.json`, { records: people })
      expect((await file.create({ fields: { name: " Di ", age: 3 } })).fields).toEqual({ name: "Di", age: 3, tags: [] })
    })

    test("everything that is wrong is in one error, with its place; nothing is sent, and no message of ours shows a value", async () => {
      const db = opened(people)
      const wrong = { fields: { name: "s3cret", age: "s3cret", tags: ["x", { "s3cret-not": 1 }] }, metadata: { source: 3 } } as never
      const error: unknown = await db.create(wrong).catch((thrown: unknown) => thrown)
      expect(error).toMatchObject({ name: "InvalidRecordError", code: "invalid_record", pointer: "/fields/age" })
      const { issues, message } = error instanceof InvalidRecordError ? error : expect.unreachable()
      expect(issues.map(({ pointer }) => pointer)).toEqual(["/fields/age", "/fields/tags/1", "/metadata/source"])
      expect(issues.every((issue) => issue.message !== "")).toBe(true)
      expect(message).toBe("/fields/age: the schema does not take what is given at /fields/age, /fields/tags/1, /metadata/source: `issues` has what it says")
      await expect(db.createBatch([{ fields: { name: "Ada", age: 1 } }, wrong])).rejects.toMatchObject({
        pointer: "/1/fields/age",
        issues: [{ pointer: "/1/fields/age" }, { pointer: "/1/fields/tags/1" }, { pointer: "/1/metadata/source" }],
      })
      expect(await db.count()).toBe(0)
      const ada = await db.create({ fields: { name: "Ada", age: 1 } })
      await expect(db.update(ada.id, { metadata: { source: null } as never })).rejects.toMatchObject({ issues: [{ pointer: "/metadata/source" }] })
      expect(await db.read(ada.id)).toEqual(ada)
      const file = new FileDatabase(`${folder()}/people.json`, { records: people })
      await expect(file.create(wrong)).rejects.toMatchObject({ pointer: "/fields/age" })
    })

    test("reads are checked where that is asked for, and name the record that does not fit and the places in it", async () => {
      const { id } = await connection.create({ fields: { name: "Ada", age: "36", tags: [] }, metadata: { source: "web", more: 1 } })
      const db = opened(defineRecords({ schemas: { fields, metadata }, validateReads: true }))
      for (const read of [() => db.read(id), () => db.search(), () => db.transaction((tx) => tx.read(id))]) {
        const error: unknown = await read().catch((thrown: unknown) => thrown)
        expect(error).toBeInstanceOf(StoredRecordError)
        expect(error).toMatchObject({ code: "stored_record_unfit", id, issues: [{ pointer: "/fields/age" }, { pointer: expect.stringMatching("^/metadata") }] })
        expect(error).toMatchObject({
          message: expect.stringMatching(`^the record "${id}": the schema does not take what is stored at /fields/age, /metadata`),
        })
      }
      expect(await db.search({ select: ["fields.age"] })).toEqual([{ fields: { age: "36" } }])
      expect(await opened(people).read(id)).toMatchObject({ fields: { age: "36" } })
      await db.update(id, { fields: { name: "Ada", age: 36 }, metadata: null })
      expect(await db.read(id)).toMatchObject({ fields: { name: "Ada", age: 36, tags: [] }, metadata: null })
    })

    test("a checked read gives what would be stored if it were written again: the types hold", async () => {
      await connection.create({ fields: { name: " Ada", age: 36 } })
      const db = opened(defineRecords({ schemas: { fields, metadata }, validateReads: true }))
      expect((await db.search()).map((record) => record.fields)).toEqual([{ name: "Ada", age: 36, tags: [] }])
    })
  })

  test.each([
    ["zod", z.object({ low: z.number(), high: z.number() }).refine(({ low, high }) => low <= high)],
    [
      "valibot",
      v.pipe(
        v.object({ low: v.number(), high: v.number() }),
        v.check(({ low, high }) => low <= high),
      ),
    ],
    ["arktype", type({ low: "number", high: "number" }).narrow(({ low, high }, context) => low <= high || context.mustBe("in order"))],
  ])("what %s says of a whole document is said of its root", async (_, fields) => {
    const db = opened(defineRecords({ schemas: { fields }, validateReads: true }))
    const wrong = { fields: { low: 2, high: 1 } }
    await expect(db.create(wrong)).rejects.toMatchObject({ pointer: "/fields" })
    await expect(db.create({ fields: null as never })).rejects.toMatchObject({ pointer: "/fields" })
    await expect(db.createBatch([{ fields: { low: 1, high: 2 } }, wrong])).rejects.toMatchObject({ pointer: "/1/fields" })
    await sql`insert into records (id, fields) values (gen_random_uuid(), '{"low": 2, "high": 1}')`.execute(db.kysely)
    await expect(db.search()).rejects.toMatchObject({ issues: [{ pointer: "/fields" }] })
  })

  test("a schema that answers later, as one that asks a database", async () => {
    const free = z.string().refine(async (name) => (await connection.count({ filters: [{ field: "fields.name", operator: "=", value: name }] })) === 0)
    const db = opened(defineRecords({ schemas: { fields: z.object({ name: free }) } }))
    await db.create({ fields: { name: "Ada" } })
    await expect(db.create({ fields: { name: "Ada" } })).rejects.toMatchObject({ pointer: "/fields/name" })
    await expect(db.createBatch([{ fields: { name: "Bo" } }, { fields: { name: "Ada" } }])).rejects.toMatchObject({ pointer: "/1/fields/name" })
  })

  test("what a schema makes is stored, also where it is of another type", async () => {
    const dates = defineRecords({ schemas: { fields: z.object({ at: z.coerce.date(), n: z.string().transform(Number) }) } })
    const db = opened(dates)
    const record = await db.create({ fields: { at: "2025-01-31", n: "12" } })
    expect(record.fields).toEqual({ at: "2025-01-31T00:00:00.000Z", n: 12 })
    await expect(db.create({ fields: { at: "2025-01-31", n: "x" } })).rejects.toMatchObject({ pointer: "/fields/n" })
  })

  test("a date that a schema makes when a record is read is the string that is stored", async () => {
    const db = opened(defineRecords({ schemas: { fields: z.object({ at: z.coerce.date<string>() }) }, validateReads: true }))
    const { id } = await db.create({ fields: { at: "2025-01-31" } })
    expect((await db.read(id))?.fields.at satisfies string | undefined).toBe("2025-01-31T00:00:00.000Z")
  })

  test("what a schema makes must be JSON, when it is written and when it is read", async () => {
    const big = z.object({ n: z.number().transform((n) => (n > 1 ? BigInt(n) : n) as number) })
    const db = opened(defineRecords({ schemas: { fields: big }, validateReads: true }))
    await expect(db.create({ fields: { n: 2 } })).rejects.toMatchObject({ name: "InvalidRecordError", pointer: "/fields/n" })
    const { id } = await connection.create({ fields: { n: 2 } })
    await expect(db.read(id)).rejects.toMatchObject({ name: "StoredRecordError", issues: [{ pointer: "/fields/n" }] })
    const nothing = opened(defineRecords({ schemas: { fields: z.unknown().transform(() => undefined as unknown as object) } }))
    await expect(nothing.create({ fields: {} })).rejects.toMatchObject({ name: "InvalidRecordError", pointer: "/fields" })
  })

  test("a schema may take raw JSON, and sees it as what it is", async () => {
    const account = z.object({ balance: z.union([z.number(), z.instanceof(RawJson)]) })
    const db = opened(defineRecords({ schemas: { fields: account } }))
    const { id } = await db.create({ fields: { balance: new RawJson("0.10000000000000000001") } })
    const { rows } = await sql<{ balance: string }>`select fields->>'balance' as balance from records where id = ${id}`.execute(connection.kysely)
    expect(rows[0]?.balance).toBe("0.10000000000000000001")
    await expect(db.create({ fields: new RawJson('{"balance": 1}') })).rejects.toMatchObject({ name: "InvalidRecordError" })
  })

  test("raw JSON that a schema would take for an empty object is refused, and not lost", async () => {
    const db = opened(defineRecords({ schemas: { fields: z.object({ a: z.object({ b: z.number().optional() }).optional() }) } }))
    await expect(db.create({ fields: { a: new RawJson('{"b": 1}') } })).rejects.toMatchObject({
      pointer: "/fields/a",
      message: expect.not.stringContaining('"b"'),
    })
    await expect(db.create({ fields: new RawJson('{"a": {"b": 1}}') })).rejects.toMatchObject({ pointer: "/fields" })
    const number = z.union([z.number(), z.instanceof(RawJson)])
    const twice = opened(defineRecords({ schemas: { fields: z.object({ n: number, b: z.object({ n: number.optional() }).optional() }) } }))
    const raw = new RawJson("1.50000000000000000000001")
    await expect(twice.create({ fields: { n: raw, b: raw as never } })).rejects.toMatchObject({ pointer: "/fields/b", issues: { length: 1 } })
    expect((await twice.create({ fields: { n: raw, b: { n: raw } } })).fields).toEqual({ n: 1.5, b: { n: 1.5 } })
    const loose = opened(defineRecords({ schemas: { fields: z.object({ big: z.looseObject({}) }) } }))
    const exact = exactJson("0.10000000000000000001")
    await expect(loose.create({ fields: { big: exact as never } })).rejects.toMatchObject({ pointer: "/fields/big" })
    const cycle: { a: { b?: number; c?: unknown } } = { a: {} }
    cycle.a.c = cycle
    expect((await db.create({ fields: cycle })).fields).toEqual({ a: {} })
    // There are more ways through it than anybody can go.
    const nodes: object[] = Array.from({ length: 20 }, () => ({}))
    for (const node of nodes) Object.assign(node, { others: nodes.filter((other) => other !== node) })
    await expect(opened(defineRecords({ schemas: { fields: z.looseObject({}) } })).create({ fields: { nodes } })).rejects.toThrow("contains itself")
  })

  test("raw JSON that a schema keeps without a look at it must be what the schema takes", async () => {
    const db = opened(defineRecords({ schemas: { fields: type({ name: "string", "opts?": { "retries?": "number" } }) } }))
    const given = (text: string) => db.create({ fields: { name: "Ada", opts: new RawJson(text) as never } })
    expect((await given('{"retries": 3}')).fields).toEqual({ name: "Ada", opts: { retries: 3 } })
    await expect(given('{"retries": "s3cret"}')).rejects.toMatchObject({
      name: "InvalidRecordError",
      pointer: "/fields/opts/retries",
      message: expect.not.stringContaining("s3cret"),
    })
    await expect(given("1,5")).rejects.toMatchObject({ pointer: "/fields/opts", message: expect.stringContaining("is not JSON") })
    const whole = opened(defineRecords({ schemas: { fields: type({ "x?": "number" }) } }))
    await expect(whole.create({ fields: new RawJson('{"x": "y"}') })).rejects.toMatchObject({ pointer: "/fields/x" })
    expect((await whole.create({ fields: new RawJson('{"x": 0.10000000000000000001}') })).fields).toEqual({ x: 0.1 })
    const asked = opened(defineRecords({ schemas: { fields: type({ raw: type.instanceOf(RawJson) }) } }))
    expect((await asked.create({ fields: { raw: new RawJson('{"any": [1]}') } })).fields).toEqual({ raw: { any: [1] } })
  })

  test("a document as deep as there may be, one that is deeper, and one with any number of faults", async () => {
    const anything: StandardSchemaV1<object> = { "~standard": { version: 1, vendor: "test", validate: (value) => ({ value: Object(value) }) } }
    const db = opened(defineRecords({ schemas: { fields: anything } }))
    const deep = (levels: number): object => (levels === 0 ? {} : Array.from({ length: levels }).reduce<object>((inner) => ({ c: inner }), {}))
    const raw = { n: new RawJson("1"), deep: deep(9000) }
    const { ids, failures } = await db.createBatch([{ fields: deep(1999) }, { fields: deep(9000) }, { fields: {} }, { fields: raw }], { onError: "isolate" })
    const error = { name: "InvalidRecordError", message: expect.stringContaining("2000 levels") }
    expect([ids.length, failures]).toMatchObject([
      2,
      [
        { position: 1, error },
        { position: 3, error },
      ],
    ])
    const many = Array.from({ length: 150_000 }, () => ({ message: "no", path: ["a"] }))
    const faulty: StandardSchemaV1<object> = { "~standard": { version: 1, vendor: "test", validate: () => ({ issues: many }) } }
    const refused = opened(defineRecords({ schemas: { fields: faulty } })).create({ fields: {} })
    await expect(refused).rejects.toMatchObject({ name: "InvalidRecordError", issues: { length: many.length } })
  })

  test("an error that a schema throws is thrown as it is, and nothing is sent", async () => {
    const failure = new Error("mine")
    const throwing = z.object({
      name: z.string().transform(() => {
        throw failure
      }),
    })
    await expect(opened(defineRecords({ schemas: { fields: throwing } })).create({ fields: { name: "Ada" } })).rejects.toBe(failure)
    expect(await connection.count()).toBe(0)
  })

  test("a place in many issues is shown once, and of many places the first five", async () => {
    const many = z.object({ a: z.array(z.number()) })
    const error: unknown = await opened(defineRecords({ schemas: { fields: many } }))
      .create({ fields: { a: Array(9).fill("x") } as never })
      .catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ message: expect.stringContaining("/fields/a/4 and 4 more"), issues: { length: 9 } })
  })
})

test.each([
  [{ schemas: 3 }, /schemas is an object/],
  [{ schemas: { feilds: z.object({}) } }, /schemas has no "feilds"/],
  [{ schemas: { fields: {} } }, /no Standard Schema/],
  [{ schemas: { fields: z.object } }, /no Standard Schema/],
  [{ validateReads: "yes" }, /validateReads is true or false/],
])("a definition with %j is refused", (options, message) => {
  expect(() => defineRecords(options as never)).toThrow(ConfigurationError)
  expect(() => defineRecords(options as never)).toThrow(message)
})
