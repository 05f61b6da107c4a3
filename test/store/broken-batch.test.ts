import { setTimeout } from "node:timers/promises"
import { sql } from "kysely"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import type { PostgresDatabase } from "../../src/index.ts"
import { databases, migratedDatabase, onServer } from "../setup/databases.ts"

const server = databases.find(({ name }) => name === "PostgreSQL") ?? expect.unreachable()

describe("a batch whose connection breaks, on PostgreSQL", () => {
  let db: PostgresDatabase
  let drop: () => Promise<void>

  beforeAll(async () => {
    ;({ db, drop } = await migratedDatabase(server))
  })
  afterAll(() => drop())

  /** A million records, and the end of the connection that stores them on the way. */
  async function* ended(): AsyncGenerator<{ fields: { n: number } }> {
    for (let n = 0; n < 1_000_000; n += 1) {
      if (n === 50_000) await onServer(`select pg_terminate_backend(pid) from pg_stat_activity where datname = '${await databaseName(db)}' and state <> 'idle'`)
      yield { fields: { n } }
    }
  }

  test("before COMMIT, nothing is stored, and the error says so", async () => {
    await expect(db.createBatch(ended())).rejects.toMatchObject({
      name: "DatabaseUnavailableError",
      message: expect.stringContaining("nothing of the batch is stored"),
    })
    await expect(db.createBatch(ended(), { onError: "isolate" })).rejects.toMatchObject({ name: "DatabaseUnavailableError" })
    await expect.poll(() => db.count().catch(() => "not yet")).toBe(0)
  })

  test("while the last of the source is waited for, nothing is stored either: COMMIT never left", async () => {
    const paused = async function* () {
      for (let n = 0; n < 6_000; n += 1) yield { fields: { n } }
      await setTimeout(500)
      await onServer(`select pg_terminate_backend(pid) from pg_stat_activity where datname = '${await databaseName(db)}' and state = 'idle in transaction'`)
      await setTimeout(500)
    }
    await expect(db.createBatch(paused())).rejects.toMatchObject({
      name: "DatabaseUnavailableError",
      message: expect.stringContaining("nothing of the batch is stored"),
    })
    expect(await db.count()).toBe(0)
  })

  test("during COMMIT, it is not known, and the error says so", async () => {
    await sql`create function ending() returns trigger language plpgsql as
      $$ begin perform pg_terminate_backend(pg_backend_pid()); return null; end $$`.execute(db.kysely)
    await sql`create constraint trigger ending after insert on records deferrable initially deferred
      for each row when (new.fields->>'n' = '4999') execute function ending()`.execute(db.kysely)
    const records = Array.from({ length: 5000 }, (_, n) => ({ fields: { n } }))
    await expect(db.createBatch(records)).rejects.toMatchObject({ name: "UnknownCommitError", code: "unknown_commit" })
    await expect.poll(() => db.count().catch(() => "not yet")).toBe(0)
  })
})

async function databaseName(db: PostgresDatabase): Promise<string> {
  const { rows } = await sql<{ name: string }>`select current_database() as name`.execute(db.kysely)
  return rows[0]?.name ?? ""
}
