import { setTimeout } from "node:timers/promises"
import { type Kysely, type QueryExecutorProvider, sql } from "kysely"

// The lock that Kysely's own Migrator takes on PostgreSQL, so that its runners and these wait for each other.
const MIGRATION_LOCK = "3853314791062309107"
const POLL_MS = 100

/**
 * Does something on one connection while no other runner of migrations works on the database.
 *
 * It asks again and again. A session that waits within `pg_advisory_lock` holds a snapshot, for which a concurrent build
 * of an index waits in turn: PostgreSQL would end that build as a deadlock.
 */
export async function underMigrationLock<DB, T>(db: Kysely<DB>, work: (connection: Kysely<DB>) => Promise<T>): Promise<T> {
  // Whoever began the transaction sees to it.
  if (db.isTransaction) return work(db)
  return db.connection().execute(async (connection) => {
    while (!(await isLocked(connection))) await setTimeout(POLL_MS)
    try {
      return await work(connection)
    } finally {
      // A connection that is lost holds no lock any more.
      await sql`select pg_advisory_unlock(${sql.lit(MIGRATION_LOCK)})`.execute(connection).catch(() => undefined)
    }
  })
}

async function isLocked(connection: QueryExecutorProvider): Promise<boolean> {
  const { rows } = await sql<{ is_locked: boolean }>`select pg_try_advisory_lock(${sql.lit(MIGRATION_LOCK)}) as is_locked`.execute(connection)
  return rows[0]?.is_locked === true
}
