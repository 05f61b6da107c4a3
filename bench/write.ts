import { once } from "node:events"
import { sql } from "kysely"
import pg from "pg"
import { from as copyFrom } from "pg-copy-streams"
import { defineRecords, type JsonObject, type NewRecord, PostgresDatabase, set } from "../src/index.ts"
import { RecordStatements } from "../src/statement/record-statements.ts"
import type { WrittenRecord } from "../src/statement/written-record.ts"
import { newId } from "../src/store/new-id.ts"
import { givenPatch } from "../src/store/patch-batch.ts"
import { startedServer } from "../test/setup/server.ts"
import { wordnetSynsets } from "./wordnet-synsets.ts"

/*
 * What writing costs beside the fastest way there is, in turns: batches beside COPY and Kysely's own values(), a single
 * write beside the same SQL sent by pg. Both databases; tables with the two GIN indexes, whose upkeep is most of the work,
 * and tables with the primary key alone.
 */

const RECORDS = Number(process.env["RECORDS"] ?? 200_000)
const STREAMED = Number(process.env["STREAMED"] ?? 1_000_000)
// One round differs from the next by a third.
const ROUNDS = Number(process.env["ROUNDS"] ?? 7)

type Documents = readonly JsonObject[]

const small: Documents = Array.from({ length: RECORDS }, (_, n) => ({ name: `name ${n}`, age: n % 100, tags: ["a", `b${n % 7}`] }))
const synsets = await wordnetSynsets()
const real: Documents = Array.from({ length: RECORDS }, (_, n) => synsets[n % synsets.length] ?? {})

const definitions = [defineRecords(), defineRecords({ table: "bare", gin: false })]

const server = await startedServer()
try {
  for (const definition of definitions) {
    const db = new PostgresDatabase({ connectionString: server.url, records: definition })
    await db.migrate()
    console.table([await loading("PostgreSQL", db, "real", real, server.url), await loading("PostgreSQL", db, "small", small, server.url)])
    await db.close()
  }
  const db = new PostgresDatabase({ connectionString: server.url })
  console.table(await singleWrites(db, server.url))
  console.table([await streaming(db)])
  await db.close()
} finally {
  await server.stop()
}
const few = Math.round(RECORDS / 10)
const embedded = new PostgresDatabase({ embedded: true })
for (const records of definitions) {
  const db = new PostgresDatabase({ kysely: embedded.kysely as never, records })
  await db.migrate()
  console.table([await loading("PGlite", db, "real", real.slice(0, few)), await loading("PGlite", db, "small", small.slice(0, few))])
}
await embedded.close()

type Way = (documents: Documents) => Promise<void>

/** Records a second, the medians of rounds in which every way has its turn on an empty table. */
async function loading(database: string, db: PostgresDatabase, kind: string, documents: Documents, url?: string) {
  const ways: Record<string, Way> = {
    createBatch: async (all) => {
      await db.createBatch(all.map((fields) => ({ fields })))
    },
    values: (all) => withKyselyValues(db, all),
  }
  if (url !== undefined) ways["copy"] = (all) => withCopy(url, db.definition.table, all)
  if (url !== undefined && db.definition.gin.length > 0) ways["unsorted"] = (all) => withoutSorting(db, all)
  const times: Record<string, number[]> = Object.fromEntries(Object.keys(ways).map((name) => [name, []]))
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [name, way] of Object.entries(ways)) {
      await sql`truncate ${sql.table(db.definition.table)}`.execute(db.kysely)
      await sql`checkpoint`.execute(db.kysely)
      const start = performance.now()
      await way(documents)
      times[name]?.push(performance.now() - start)
    }
  }
  const rate = (name: string): number => Math.round(documents.length / (median(times[name] ?? []) / 1000))
  const copied = () => ({
    "copy/s": rate("copy"),
    "of copy (target 0.8)": ratio(rate("createBatch"), rate("copy")),
    "copy of values": ratio(rate("copy"), rate("values")),
  })
  const unsorted = async () => ({
    "unsorted/s": rate("unsorted"),
    "unsorted of values": ratio(rate("unsorted"), rate("values")),
    // The last of the ways has left the last of the rounds.
    "vacuum s": await seconds(() => sql`vacuum ${sql.table(db.definition.table)}`.execute(db.kysely)),
  })
  return {
    database,
    documents: `${documents.length} ${kind}, ${db.definition.gin.length} GIN`,
    "createBatch/s": rate("createBatch"),
    "values/s": rate("values"),
    "of values (target 2)": ratio(rate("createBatch"), rate("values")),
    ...("copy" in ways ? copied() : {}),
    ...("unsorted" in ways ? await unsorted() : {}),
  }
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await work()
  return Number(((performance.now() - start) / 1000).toFixed(1))
}

// As many rows as keep the parameters below 65,535, in one transaction.
async function withKyselyValues(db: PostgresDatabase, documents: Documents): Promise<void> {
  await db.kysely.transaction().execute(async (trx) => {
    for (let start = 0; start < documents.length; start += 1000) {
      const rows = documents.slice(start, start + 1000).map((fields) => ({ id: newId(), fields: JSON.stringify(fields) as never, metadata: null }))
      await trx
        .insertInto(db.definition.table)
        .values(rows as never)
        .execute()
    }
  })
}

// As docs/writes.md says for much at once: the GIN are sorted in by the vacuum behind it.
async function withoutSorting(db: PostgresDatabase, documents: Documents): Promise<void> {
  await db.transaction(async (tx) => {
    await sql`set local gin_pending_list_limit = '1GB'`.execute(tx.kysely)
    await tx.createBatch(documents.map((fields) => ({ fields })))
  })
}

async function withCopy(connectionString: string, table: string, documents: Documents): Promise<void> {
  const client = new pg.Client({ connectionString })
  await client.connect()
  const stream = client.query(copyFrom(`copy ${table} (id, fields) from stdin`))
  let lines = ""
  for (const fields of documents) {
    lines += `${newId()}\t${JSON.stringify(fields).replaceAll("\\", "\\\\")}\n`
    if (lines.length < 65_536) continue
    if (!stream.write(lines)) await once(stream, "drain")
    lines = ""
  }
  stream.end(lines)
  await once(stream, "finish")
  await client.end()
}

/** Latencies of one write after the other, each beside the same SQL sent by pg on a connection of its own. */
async function singleWrites(db: PostgresDatabase, connectionString: string) {
  const client = new pg.Client({ connectionString })
  await client.connect()
  const columns = `"id", "fields", "metadata", "revision", "created_at", "updated_at"`
  const { id } = await db.create({ fields: { name: "Ada", age: 36 } })
  const document = { name: "Ada", age: 37, tags: ["a", "b"] }
  const newRecord = (): WrittenRecord => ({ id: newId(), fields: JSON.stringify(document), metadata: "null" })
  const statements = new RecordStatements(db.definition)
  const insert = statements.create(newRecord()).compile().sql
  const update = `update "public"."records" set "fields" = $1::jsonb, "revision" = "revision" + 1, "updated_at" = now() where "id" = $2::uuid returning ${columns}`
  const patch = [set("fields.age", 38)] as const
  const given = givenPatch(id, patch, {}, db.definition)
  const patched = statements.patch(given.patch.changes, [given]).compile()
  const contests: Record<string, [ours: () => Promise<unknown>, byHand: () => Promise<unknown>]> = {
    create: [() => db.create({ fields: document }), () => client.query(insert, Object.values(newRecord()))],
    patch: [() => db.patch(id, patch), () => client.query(patched.sql, [...patched.parameters])],
    update: [() => db.update(id, { fields: document }), () => client.query(update, [JSON.stringify(document), id])],
  }
  const results = []
  for (const [operation, ways] of Object.entries(contests)) {
    const times: [number[], number[]] = [[], []]
    for (let run = 0; run < 4000; run += 1) {
      // Who goes first finds the caches as the other one left them.
      for (const index of run % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const)) {
        const start = performance.now()
        await ways[index]()
        // The first ones warm up.
        if (run >= 1000) times[index].push(performance.now() - start)
      }
    }
    const [ours, byHand] = times.map(median)
    results.push({ operation, "ms (median)": Number(ours?.toFixed(3)), "ms by pg": Number(byHand?.toFixed(3)), "times (target 1.25)": ratio(ours, byHand) })
  }
  await client.end()
  return results
}

/** How much the heap holds beside what it held before, while an async iterable is stored. */
async function streaming(db: PostgresDatabase) {
  await sql`truncate records`.execute(db.kysely)
  globalThis.gc?.()
  const before = process.memoryUsage().heapUsed
  let most = 0
  const start = performance.now()
  async function* records(): AsyncGenerator<NewRecord> {
    for (let n = 0; n < STREAMED; n += 1) {
      if (n % 50_000 === 0) {
        globalThis.gc?.()
        most = Math.max(most, process.memoryUsage().heapUsed - before)
      }
      yield { fields: { name: `name ${n}`, age: n % 100, tags: ["a", `b${n % 7}`] } }
    }
  }
  const ids = await db.createBatch(records())
  globalThis.gc?.()
  most = Math.max(most, process.memoryUsage().heapUsed - before)
  const seconds = (performance.now() - start) / 1000
  return { streamed: ids.length, "records/s": Math.round(ids.length / seconds), "most heap, MB (target 100)": Math.round(most / 1e6) }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

function ratio(one = Number.NaN, other = Number.NaN): number {
  return Number((one / other).toFixed(2))
}
