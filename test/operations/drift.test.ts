import { type } from "arktype"
import { sql } from "kysely"
import * as v from "valibot"
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest"
import { z } from "zod"
import { defineRecords, PostgresDatabase, type RecordsDefinition } from "../../src/index.ts"
import { drift } from "../../src/operations/index.ts"
import { databases } from "../setup/databases.ts"

const table = "people"
const tags = z.array(z.string())
const people = defineRecords({
  table,
  schemas: { fields: z.object({ name: z.string(), age: z.number().min(0), tags: tags.optional() }), metadata: z.object({ source: z.string() }) },
})

describe.each(databases)("drift on $name", (kind) => {
  let stored: PostgresDatabase
  let drop: () => Promise<void>

  beforeAll(async () => {
    const created = await kind.create()
    stored = new PostgresDatabase({ ...created.options, records: defineRecords({ table }) })
    drop = created.drop
    await stored.migrate()
  })
  afterAll(async () => {
    await stored.close()
    await drop()
  })
  beforeEach(() => sql`truncate people`.execute(stored.kysely))

  const opened = <F, M, FIn, MIn>(records: RecordsDefinition<F, M, FIn, MIn>) => new PostgresDatabase<F, M, FIn, MIn>({ kysely: stored.kysely, records })

  test("no record, and records that fit, have not drifted", async () => {
    expect(await drift(opened(people))).toEqual({ records: 0, unfit: 0, issues: [], others: 0 })
    await stored.createBatch([{ fields: { name: "Ada", age: 36 } }, { fields: { name: "Bo", age: 1, more: 1 }, metadata: { source: "web" } }])
    expect(await drift(opened(people))).toEqual({ records: 2, unfit: 0, issues: [], others: 0 })
  })

  test("places are counted by what stands there, with the ids of the first; elements of arrays are one place", async () => {
    const ids = await stored.createBatch([
      { fields: { name: "Ada", age: "36" } },
      { fields: { name: "Bo", age: "1", tags: ["x", 1, 2] }, metadata: { source: 1 } },
      { fields: { name: "Cy" } },
      { fields: { name: "Di", age: 3, tags: [[], 3] } },
      { fields: [1] as never },
      { fields: { name: "Ed", age: 3 }, metadata: {} },
    ])
    const found = await drift(opened(people))
    expect({ records: found.records, unfit: found.unfit, others: found.others }).toEqual({ records: 6, unfit: 6, others: 0 })
    const places = found.issues.map(({ pointer, found, records, ids }) => ({ pointer, found, records, ids }))
    expect(places).toEqual(
      expect.arrayContaining([
        { pointer: "/fields/age", found: "string", records: 2, ids: [ids[0], ids[1]] },
        { pointer: "/fields/tags/*", found: "number", records: 2, ids: [ids[1], ids[3]] },
        { pointer: "/fields/tags/*", found: "array", records: 1, ids: [ids[3]] },
        { pointer: "/fields/age", found: "missing", records: 1, ids: [ids[2]] },
        { pointer: "/fields", found: "array", records: 1, ids: [ids[4]] },
        { pointer: "/metadata/source", found: "number", records: 1, ids: [ids[1]] },
        { pointer: "/metadata/source", found: "missing", records: 1, ids: [ids[5]] },
      ]),
    )
    expect(places.map(({ records }) => records)).toEqual([2, 2, 1, 1, 1, 1, 1])
    expect(found.issues.every(({ message }) => message !== "")).toBe(true)
  })

  test("a document that is null, written past the package, does not fit", async () => {
    await sql`insert into people (id, fields, metadata) values (gen_random_uuid(), 'null', 'null')`.execute(stored.kysely)
    expect(await drift(opened(people))).toMatchObject({ records: 1, unfit: 1, issues: [{ pointer: "/fields", found: "null" }] })
    const { schemas } = people
    const checked = opened(defineRecords({ table, schemas: { fields: schemas.fields }, validateReads: true }))
    await expect(checked.search()).rejects.toMatchObject({ name: "StoredRecordError", issues: [{ pointer: "/fields" }] })
  })

  test("a schema that throws an error at a record has not taken it, and no value is shown", async () => {
    const fields = z.object({ url: z.string().transform((text) => new URL(text).href) })
    const { id } = await stored.create({ fields: { url: "s3cret" } })
    await stored.create({ fields: { url: "https://example.org/" } })
    const message = "the schema threw an error instead of saying what is wrong (TypeError)"
    expect(await drift(opened(defineRecords({ table, schemas: { fields } })))).toEqual({
      records: 2,
      unfit: 1,
      others: 0,
      issues: [{ pointer: "", found: "object", message, records: 1, ids: [id] }],
    })
  })

  test.each([
    ["valibot", v.object({ age: v.number(), tags: v.optional(v.array(v.string())) })],
    ["arktype", type({ age: "number", "tags?": "string[]" })],
    ["zod, answering later", z.object({ age: z.number().refine(() => Promise.resolve(true)), tags: tags.optional() })],
  ])("of %s", async (_, fields) => {
    await stored.createBatch([{ fields: { age: "s3cret", tags: [1] } }, { fields: { age: 1 } }])
    const found = await drift(opened(defineRecords({ table, schemas: { fields } })))
    expect(found).toMatchObject({ records: 2, unfit: 1, issues: [{ pointer: "/fields/age" }, { pointer: "/fields/tags/*" }] })
  })

  test("a definition with checked reads, other columns and ids of text", async () => {
    await sql`drop table if exists adopted`.execute(stored.kysely)
    await sql`create table adopted (no text primary key, data jsonb, created_at timestamptz(3), updated_at timestamptz(3))`.execute(stored.kysely)
    await sql`insert into adopted select 'no ' || i, jsonb_build_object('n', case when i % 100 = 7 then '"x"'::jsonb else to_jsonb(i) end) from generate_series(1, 1200) as i`.execute(
      stored.kysely,
    )
    const columns = { id: { name: "no", type: "text" }, fields: "data", metadata: false, revision: false } as never
    const adopted = defineRecords({ table: "adopted", columns, schemas: { fields: z.object({ n: z.number() }) }, validateReads: true })
    const found = await drift(opened(adopted))
    expect(found).toMatchObject({ records: 1200, unfit: 12, issues: [{ pointer: "/fields/n", found: "string", records: 12, ids: { length: 5 } }] })
    expect(found.issues[0]?.ids[0]).toMatch(/^no \d+$/)
  })

  test("memory does not grow with the table: places above a thousand are counted, and not told apart", async () => {
    const wide = (from: number) => Object.fromEntries(Array.from({ length: 600 }, (_, index) => [`k${from + index}`, "x"]))
    await stored.createBatch([{ fields: wide(0) }, { fields: wide(600) }, { fields: wide(0) }])
    const found = await drift(opened(defineRecords({ table, schemas: { fields: z.record(z.string(), z.number()) } })))
    expect(found.issues).toHaveLength(1000)
    expect(found).toMatchObject({ records: 3, unfit: 3, others: 200 })
  })

  test("a table of several pages, in a transaction too", async () => {
    await sql`insert into people (id, fields) select gen_random_uuid(), jsonb_build_object('name', 'n', 'age', i % 1000 - 1) from generate_series(1, 3000) as i`.execute(
      stored.kysely,
    )
    const found = await opened(people).transaction((tx) => drift(tx))
    expect(found).toMatchObject({ records: 3000, unfit: 3, issues: [{ pointer: "/fields/age", found: "number", records: 3 }] })
  })

  test("without schemas there is nothing to drift from, and a table that is not there is named", async () => {
    await expect(drift(stored)).rejects.toMatchObject({ name: "ConfigurationError", code: "no_schemas" })
    const missing = defineRecords({ table: "missing", schemas: { fields: z.object({}) } })
    await expect(drift(opened(missing))).rejects.toMatchObject({ code: "missing_table" })
  })
})
