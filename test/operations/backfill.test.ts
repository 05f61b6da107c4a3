import { type Kysely, sql } from "kysely"
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest"
import { ConfigurationError, defineRecords, PostgresDatabase } from "../../src/index.ts"
import { backfill } from "../../src/operations/backfill.ts"
import { databases } from "../setup/databases.ts"

const created = { created_at: sql`created at time zone 'UTC'` }

describe.each(databases)("backfill on $name", (kind) => {
  let db: PostgresDatabase
  let drop: () => Promise<void>
  let kysely: Kysely<never>

  beforeAll(async () => {
    const opened = await kind.create()
    db = new PostgresDatabase(opened.options)
    kysely = db.kysely as never
    drop = async () => {
      await db.close()
      await opened.drop()
    }
  })
  afterAll(() => drop())
  beforeEach(async () => {
    await sql`drop table if exists orders`.execute(kysely)
    await sql`create table orders (no text primary key, created timestamp, created_at timestamptz(3))`.execute(kysely)
    await sql`insert into orders select 'no ' || i, timestamp '2025-01-01' + i * interval '1 minute' from generate_series(1, 2500) as i`.execute(kysely)
  })

  test("sets every row, some in a transaction, and says how far it is", async () => {
    const seen: number[] = []
    const where = sql`created_at is null`
    expect(await backfill(kysely, { table: "orders", key: "no", set: created, where, batchSize: 1000, onBatch: (rows) => seen.push(rows) })).toBe(2500)
    expect(seen).toEqual([1000, 2000, 2500])
    expect(await wrong(kysely)).toBe(0)
    // A second run finds nothing left.
    expect(await backfill(kysely, { table: "orders", key: "no", set: created, where })).toBe(0)
    expect(await backfill(kysely, { table: "orders", key: "no", set: created })).toBe(2500)
  })

  test("what was stopped half way goes on where it was", async () => {
    const stop = new Error("stopped")
    const options = { table: "orders", key: "no", set: created, where: sql`created_at is null`, batchSize: 600 }
    const stopped = backfill(kysely, {
      ...options,
      onBatch: () => {
        throw stop
      },
    })
    await expect(stopped).rejects.toBe(stop)
    expect(await wrong(kysely)).toBe(1900)
    expect(await backfill(kysely, options)).toBe(1900)
  })

  test("names have dots in them", async () => {
    await sql`drop schema if exists "a.b" cascade`.execute(kysely)
    await sql`create schema "a.b"`.execute(kysely)
    await sql`create table "a.b"."c.d" as select no as "no.", created, created_at as "at.z" from orders`.execute(kysely)
    const set = { "at.z": sql`created at time zone 'UTC'` }
    expect(await backfill(kysely, { schema: "a.b", table: "c.d", key: "no.", set, where: sql`"at.z" is null`, batchSize: 2000 })).toBe(2500)
    expect((await sql`select 1 from "a.b"."c.d" where "at.z" is null`.execute(kysely)).rows).toEqual([])
  })

  test("refuses what it cannot do, and names the table that is not there", async () => {
    const options = { table: "orders", key: "no", set: created }
    await expect(backfill(kysely, { ...options, batchSize: 0 })).rejects.toThrow(ConfigurationError)
    await expect(backfill(kysely, { ...options, set: {} })).rejects.toThrow("`set` names no column")
    await expect(db.kysely.transaction().execute((trx) => backfill(trx, options))).rejects.toThrow("a transaction keeps every lock until its end")
    await expect(backfill(kysely, { ...options, table: 'x"; drop table orders; --' })).rejects.toMatchObject({ code: "missing_table" })
    await expect(backfill(kysely, { ...options, key: "nothing" })).rejects.toMatchObject({ code: "wrong_table" })
    expect(await wrong(kysely)).toBe(2500)
  })
})

async function wrong(kysely: Kysely<never>): Promise<number> {
  const { rows } = await sql<{ n: number }>`select count(*)::int as n from orders where created_at is distinct from created at time zone 'UTC'`.execute(kysely)
  return rows[0]?.n ?? Number.NaN
}

describe("a table with columns of its own becomes one of this package while others write", () => {
  const server = databases.find(({ name }) => name === "PostgreSQL")
  const before = defineRecords<{ n: number }>({
    table: "orders",
    columns: {
      fields: "data",
      metadata: false,
      revision: false,
      createdAt: { name: "created", type: "timestamp" },
      updatedAt: { name: "changed", type: "timestamp" },
    },
  })
  const after = defineRecords<{ n: number }>({ table: "orders", columns: { fields: "data" } })

  test("on PostgreSQL, nobody waits for a lock, and no record is lost", async () => {
    const opened = await server?.create()
    if (opened === undefined) return expect.unreachable("there is no server")
    const db = new PostgresDatabase({ ...opened.options, records: before })
    const { kysely } = db
    await sql`create table orders (id uuid primary key, data jsonb not null, created timestamp not null default localtimestamp, changed timestamp not null default localtimestamp)`.execute(
      kysely,
    )
    await sql`insert into orders select gen_random_uuid(), jsonb_build_object('n', i), timestamp '2025-01-01 10:00:00.123456' + i * interval '1 s' from generate_series(1, 20000) as i`.execute(
      kysely,
    )
    const writer = writing(db)
    for (const step of steps.columns) await sql.raw(step).execute(kysely)
    const columns = { created_at: utc("created"), updated_at: utc("changed") }
    const stale = sql`(created_at, updated_at) is distinct from (${utc("created")}, ${utc("changed")})`
    await backfill(kysely, { table: "orders", key: "id", set: columns, where: stale, batchSize: 1000 })
    for (const step of steps.checks) await sql.raw(step).execute(kysely)
    const written = await writer.stop()
    // The writers of the old columns are gone; what they wrote last is brought over.
    await backfill(kysely, { table: "orders", key: "id", set: columns, where: stale })
    expect(written.failures).toEqual([])
    expect(written.created).toBeGreaterThan(0)

    const now = new PostgresDatabase({ ...opened.options, records: after })
    expect(await now.count()).toBe(20_000 + written.created)
    const { rows } = await sql<{ n: string }>`select count(*) as n from orders where created_at <> ${utc("created")}`.execute(kysely)
    expect(Number(rows[0]?.n)).toBe(0)
    const made = await now.create({ fields: { n: 1 } })
    expect(made.revision).toBe(1)
    expect((await now.update(made.id, { fields: { n: 2 } })).revision).toBe(2)
    await now.close()
    await db.close()
    await opened.drop()
  })

  const steps = {
    columns: [
      "alter table orders add column revision bigint not null default 1, add column metadata jsonb, add column created_at timestamptz(3), add column updated_at timestamptz(3)",
      "alter table orders alter column created_at set default now(), alter column updated_at set default now()",
    ],
    checks: [
      "alter table orders add constraint orders_times check (created_at is not null and updated_at is not null) not valid",
      "alter table orders validate constraint orders_times",
      "alter table orders alter column created_at set not null, alter column updated_at set not null",
      "alter table orders drop constraint orders_times",
    ],
  }
})

// A Date has no microseconds, and the column would round them.
function utc(column: string) {
  return sql`date_trunc('milliseconds', ${sql.ref(column)}) at time zone 'UTC'`
}

/** Writes with the old columns until it is stopped; a statement that waits a second for a lock fails. */
function writing(db: PostgresDatabase<{ n: number }>): { stop(): Promise<{ created: number; failures: unknown[] }> } {
  const failures: unknown[] = []
  let created = 0
  let isRunning = true
  const write = async () => {
    while (isRunning) {
      await db
        .transaction(async (tx) => {
          await sql`set local lock_timeout = '2s'`.execute(tx.kysely)
          const { id } = await tx.create({ fields: { n: created } })
          await tx.update(id, { fields: { n: -created } })
          created += 1
        })
        .catch((error: unknown) => failures.push(error))
    }
  }
  const running = write()
  return {
    stop: async () => {
      isRunning = false
      await running
      return { created, failures }
    },
  }
}
