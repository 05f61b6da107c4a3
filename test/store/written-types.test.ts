import { type } from "arktype"
import * as v from "valibot"
import { expectTypeOf, test } from "vitest"
import { z } from "zod"
import {
  type BatchOutcome,
  type BatchRecord,
  type BatchResult,
  type BatchSource,
  defineRecords,
  FileDatabase,
  filter,
  type JsonObject,
  type NewBatchOptions,
  type OnlyKnown,
  PostgresDatabase,
  RawJson,
  type RecordsDefinition,
  set,
} from "../../src/index.ts"

interface Person {
  name: string
  age?: number
  born?: Date
  level: 1 | 2
  address: { city: string; floors: number[] }
}

const kysely = new PostgresDatabase({ embedded: true }).kysely as never
const unused = (): boolean => false

test("the types of a record are those of the schemas: what they take is written, what they give is stored", () => {
  const fields = z.object({ name: z.string(), age: z.string().transform(Number), at: z.coerce.date<string>(), tags: z.array(z.string()).default([]) })
  const definition = defineRecords({ schemas: { fields, metadata: z.object({ source: z.string() }) } })
  const db = new PostgresDatabase({ kysely, records: definition })
  if (unused()) {
    void db.create({ fields: { name: "Ada", age: "36", at: "2025-01-31" }, metadata: { source: "web" } })
    // @ts-expect-error: the schema takes a string
    void db.create({ fields: { name: "Ada", age: 36, at: "2025-01-31" } })
    // @ts-expect-error: nor is it optional
    void db.update("", { fields: { name: "Ada", at: "2025-01-31" } })
    // @ts-expect-error: there is no such key
    void db.createBatch([{ fields: { name: "Ada", age: "36", at: "", tag: [] } }])
    void db.search({ filters: [filter("fields.age", ">", 3), filter("metadata.source", "=", "web")] })
    // @ts-expect-error: what is stored is a number
    void db.search({ filters: [filter("fields.age", ">", "3")] })
    void db.transaction((tx) => tx.create({ fields: { name: "Ada", age: "36", at: "" } }))
    const file = new FileDatabase("people.json", { records: definition })
    void file.create({ fields: { name: "Ada", age: "36", at: "" } })
  }
  const read = () => db.read("")
  type Read = NonNullable<Awaited<ReturnType<typeof read>>>
  expectTypeOf<Read["fields"]["age"]>().toEqualTypeOf<number>()
  expectTypeOf<Read["fields"]["at"]>().toEqualTypeOf<string>()
  expectTypeOf<Read["fields"]["tags"]>().toEqualTypeOf<string[]>()
  expectTypeOf<Read["metadata"]>().toEqualTypeOf<{ source: string } | null>()
})

test("valibot and arktype say the same", () => {
  const ofValibot = defineRecords({ schemas: { fields: v.object({ n: v.pipe(v.string(), v.transform(Number)) }) } })
  const ofArktype = defineRecords({ schemas: { fields: type({ n: "string.numeric.parse", "b?": "string" }) } })
  expectTypeOf(ofValibot).toEqualTypeOf<RecordsDefinition<{ n: number }, JsonObject, { n: string }>>()
  expectTypeOf(ofArktype).toExtend<RecordsDefinition<{ n: number; b?: string }, JsonObject, { n: string; b?: string }>>()
})

test("type parameters that are given are held against the schema", () => {
  defineRecords<{ n: number }>({ schemas: { fields: z.object({ n: z.number() }) } })
  defineRecords<{ n: number }, { s: string }, { n: string }>({ schemas: { fields: z.object({ n: z.string().transform(Number) }) } })
  // @ts-expect-error: the schema gives a string
  defineRecords<{ n: number }>({ schemas: { fields: z.object({ n: z.string() }) } })
  // @ts-expect-error: there is no such field in what the schema gives
  defineRecords({ schemas: { fields: z.object({ n: z.number() }) }, indexes: [{ field: "fields.m" }] })
  defineRecords({ schemas: { fields: z.object({ n: z.number() }) }, indexes: [{ field: "fields.n" }] })
})

test("reads can be checked only where the schema takes what it gives", () => {
  defineRecords({ schemas: { fields: z.object({ n: z.number().default(3), at: z.coerce.date() }) }, validateReads: true })
  // @ts-expect-error: what is stored is a number, and the schema takes a string
  defineRecords({ schemas: { fields: z.object({ n: z.string().transform(Number) }) }, validateReads: true })
})

test("raw JSON may stand for a document and for any part of it, and for a number in a condition", () => {
  const db = new PostgresDatabase<Person, { source: string }>({ kysely })
  const raw = new RawJson("1.10")
  if (unused()) {
    void db.create({ fields: raw, metadata: raw })
    void db.create({ fields: { name: "Ada", age: raw, level: raw, address: { city: "Oslo", floors: [1, raw] } } })
    void db.update("", { fields: { name: raw, level: 1, address: raw } })
    // @ts-expect-error: the other parts are what they are
    void db.create({ fields: { name: 3, age: raw, level: 1, address: raw } })
    // @ts-expect-error: and all of them must be there
    void db.create({ fields: { name: "Ada", age: raw, address: raw } })
    // @ts-expect-error: an object that looks like it is none
    void db.create({ fields: { name: "Ada", age: { text: "1" }, level: 1, address: raw } })
    void db.search({ filters: [filter("fields.age", ">", raw), filter("fields.age", "in", [1, raw]), filter("fields.age", "between", [raw, 3n])] })
    // @ts-expect-error: a name is compared with a string
    void db.search({ filters: [filter("fields.name", "=", raw)] })
  }
})

test("a document of a type that is not known yet can be written", () => {
  const stored = async <F>(db: PostgresDatabase<F>, fields: F): Promise<string> => (await db.create({ fields })).id
  expectTypeOf(stored).returns.resolves.toBeString()
})

test("exact numbers: every number may be a bigint or the string of a fraction, and nothing else changes", () => {
  const db = new PostgresDatabase<Person, { source: string; n: number }>({ kysely })
  const read = () => db.read("", { numbers: "exact" })
  type Read = NonNullable<Awaited<ReturnType<typeof read>>>
  expectTypeOf<Read["fields"]["name"]>().toEqualTypeOf<string>()
  expectTypeOf<Read["fields"]["age"]>().toEqualTypeOf<number | bigint | string | undefined>()
  expectTypeOf<Read["fields"]["level"]>().toEqualTypeOf<1 | 2>()
  expectTypeOf<Read["fields"]["address"]["floors"]>().toEqualTypeOf<(number | bigint | string)[]>()
  expectTypeOf<Read["metadata"]>().toEqualTypeOf<{ source: string; n: number | bigint | string } | null>()
  expectTypeOf<Read["revision"]>().toEqualTypeOf<number>()
  const search = () => db.search({ select: ["fields.age", "revision", "metadata.n"] }, { numbers: "exact" })
  type Row = Awaited<ReturnType<typeof search>>[number]
  expectTypeOf<Row["fields"]>().toEqualTypeOf<{ age?: number | bigint | string } | undefined>()
  expectTypeOf<Row["revision"]>().toEqualTypeOf<number>()
  const plain = () => db.search({ select: ["fields.age"] }, {})
  expectTypeOf<Awaited<ReturnType<typeof plain>>[number]["fields"]>().toEqualTypeOf<{ age?: number } | undefined>()
  // @ts-expect-error: there is no other form
  if (unused()) void db.search({}, { numbers: "decimal" })
})

test("what was read can be written: a Date is a string then", () => {
  const db = new PostgresDatabase<Person, { at: Date }>({ kysely })
  expectTypeOf(async () => {
    const [ada] = await db.search({ limit: 1 })
    if (ada === undefined) return
    await db.update(ada.id, { fields: { ...ada.fields, age: 37 }, metadata: ada.metadata }, { expectedRevision: ada.revision })
    await db.upsertBatch(await db.search())
    await db.patch(ada.id, [set("fields.born", ada.fields.born ?? new Date(0))])
    // @ts-expect-error: of a number it is none
    await db.update(ada.id, { fields: { ...ada.fields, born: 1815 } })
    // @ts-expect-error: nor is a string a number
    await db.update(ada.id, { fields: { ...ada.fields, age: "37" } })
  }).returns.resolves.toBeVoid()
})

test("a batch that looks at revisions takes records that have them", () => {
  const db = new PostgresDatabase<Person>({ kysely })
  const fields: Person = { name: "Ada", level: 1, address: { city: "London", floors: [] } }
  if (unused()) {
    void db.upsertBatch([{ fields, revision: 0 }], { onConflict: "replaceIfRevision" })
    void db.search().then((read) => db.createBatch(read, { onConflict: "replaceIfRevision", onError: "isolate" }))
    void db.createBatch([{ fields }], { onConflict: "replace" })
    // @ts-expect-error: the revision is missing
    void db.createBatch([{ fields }], { onConflict: "replaceIfRevision" })
    // @ts-expect-error: the first has none
    void db.upsertBatch([{ fields }, { fields, revision: 1 }], { onConflict: "replaceIfRevision", onError: "isolate" })
    const passing = async <const Options extends OnlyKnown<NewBatchOptions, Options>>(
      records: BatchSource<BatchRecord<Person, JsonObject, Options>>,
      options: Options,
    ): Promise<BatchOutcome<Options>> => db.createBatch(records, options)
    expectTypeOf(passing([{ fields }], { onError: "isolate" })).resolves.toEqualTypeOf<BatchResult>()
    // @ts-expect-error: updates have no such option
    void db.updateBatch([{ id: "", fields }], { onError: "isolate", onConflict: "skip" })
    // @ts-expect-error: nor is there one of that name
    void db.createBatch([{ fields }], { onConfilct: "skip" })
    // @ts-expect-error: an id is no list of them
    void db.deleteBatch("00000000-0000-4000-8000-000000000000")
    // @ts-expect-error: the key is not one of a record
    void db.createBatch([{ fields, revison: 1 }], { onConflict: "replaceIfRevision" })
  }
})
