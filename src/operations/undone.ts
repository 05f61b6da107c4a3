import { type Kysely, sql, type Transaction } from "kysely"
import type { RecordsTables } from "../statement/records-tables.ts"
import { sqlState } from "../store/database-error.ts"

/** What looking after a table may take of a server that others work on, in milliseconds, by the setting that bounds it. */
export interface Limits {
  readonly lock_timeout: number
  readonly statement_timeout?: number
}

const LIMITS: Limits = { lock_timeout: 1_000, statement_timeout: 10_000 }

/** Runs `work` in a transaction that is rolled back whatever comes of it: nothing that it made stays. */
export async function undone<R>(db: Kysely<RecordsTables>, work: (trx: Transaction<RecordsTables>) => Promise<R>): Promise<R> {
  const name = sql`kysely_records_undone`
  const savepoint = async (trx: Transaction<RecordsTables>): Promise<R> => {
    await sql`savepoint ${name}`.execute(trx)
    try {
      return await work(trx)
    } finally {
      await sql`rollback to savepoint ${name}`.execute(trx)
      await sql`release savepoint ${name}`.execute(trx)
    }
  }
  return isTransaction(db) ? savepoint(db) : db.transaction().execute(savepoint)
}

/**
 * The same for work on a table that others use: no statement waits long for a lock, behind which writers would queue, and
 * none runs long. What the session allows less of stays as it is.
 */
export async function undoneWithin<R>(db: Kysely<RecordsTables>, work: (trx: Transaction<RecordsTables>) => Promise<R>, limits: Limits = LIMITS): Promise<R> {
  return undone(db, async (trx) => {
    const most = sql`(${JSON.stringify(limits)}::jsonb->>name)`
    await sql`
      select set_config(name, case when setting::int between 1 and ${most}::int then setting else ${most} end, true)
      from pg_settings where ${JSON.stringify(limits)}::jsonb ? name`.execute(trx)
    return work(trx)
  })
}

/** What `work` gives; `undefined`, and nothing of it done, when a statement of it ran for longer than it may. */
export async function inTime<R>(trx: Transaction<RecordsTables>, work: () => Promise<R>): Promise<R | undefined> {
  const name = sql`kysely_records_in_time`
  await sql`savepoint ${name}`.execute(trx)
  try {
    return await work()
  } catch (error) {
    await sql`rollback to savepoint ${name}`.execute(trx)
    if (sqlState(error) !== "57014") throw error
    return undefined
  } finally {
    await sql`release savepoint ${name}`.execute(trx)
  }
}

function isTransaction<Tables>(db: Kysely<Tables>): db is Transaction<Tables> {
  return db.isTransaction
}
