import { type Expression, type Kysely, sql } from "kysely"
import { ConfigurationError } from "../errors.ts"
import { databaseError } from "../store/database-error.ts"

/** What `backfill` sets, and in how large steps. */
export interface BackfillOptions {
  /** The table, in `schema`. */
  readonly table: string
  /** `public` when left out. */
  readonly schema?: string
  /** The column that rows are taken in the order of: unique, not NULL and indexed, such as the primary key. */
  readonly key: string
  /** The new value of each column, as an expression over the row; it should give the same when it is set again. */
  readonly set: Readonly<Record<string, Expression<unknown>>>
  /** The rows to set, such as those that have no value yet; without it, all of them. */
  readonly where?: Expression<unknown>
  /** Rows in one transaction: 1,000 when left out. */
  readonly batchSize?: number
  /** How long to wait between two transactions, so that others get their turn: 0 when left out. */
  readonly pauseMs?: number
  /** Told after each transaction how many rows were set so far. */
  readonly onBatch?: (rows: number) => void
}

/**
 * Sets columns of a table row by row, in short transactions of some rows each, so that nobody waits long for a lock: what
 * an `update` of the whole table would do in one. Gives how many rows were set. It can be stopped and run again.
 *
 * @example
 * await backfill(db.kysely, { table: "records", key: "id", set: { updated_at: sql`created_at` }, where: sql`updated_at > created_at` })
 * // 0
 * @throws ConfigurationError for options that have no meaning, and inside a transaction, which would keep every lock until its end.
 */
export async function backfill<Tables>(kysely: Kysely<Tables>, options: BackfillOptions): Promise<number> {
  const { batchSize, pauseMs, onBatch } = checkedOptions(kysely, options)
  const { table, schema = "public" } = options
  let total = 0
  let last: string | undefined
  do {
    const batch = await changedBatch(kysely, options, last, batchSize).catch((error: unknown) => {
      throw databaseError(error, { operation: "backfill", table, schema })
    })
    total += batch.rows
    last = batch.last
    if (last !== undefined) {
      onBatch?.(total)
      if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs))
    }
  } while (last !== undefined)
  return total
}

/** How many rows one transaction set, and the key of its last row; none when it found no row. */
interface Batch {
  readonly rows: number
  readonly last: string | undefined
}

async function changedBatch<Tables>(kysely: Kysely<Tables>, options: BackfillOptions, after: string | undefined, batchSize: number): Promise<Batch> {
  const { table, schema = "public", where, set } = options
  // By their parts: Kysely splits a name at its dots.
  const [key, name] = [sql.id(options.key), sql.id(schema, table)]
  const conditions = [...(after === undefined ? [] : [sql`${key} > ${after}`]), ...(where === undefined ? [] : [sql`(${where})`])]
  const filtered = conditions.length === 0 ? sql`` : sql`where ${sql.join(conditions, sql` and `)}`
  const assignments = Object.entries(set).map(([column, value]) => sql`${sql.id(column)} = ${value}`)
  // What is in the batch is decided first, then looked at again: a row that another transaction changed meanwhile may need nothing any more.
  const { rows } = await sql<{ rows: string | number; last: string | null }>`
    with batch as materialized (select ${key} from ${name} ${filtered} order by ${key} limit ${batchSize}),
      changed as (
        update ${name} set ${sql.join(assignments)}
        where ${key} in (select ${key} from batch) ${where === undefined ? sql`` : sql`and (${where})`}
        returning 1)
    select (select count(*) from changed) as rows, (select ${key}::text from batch order by ${key} desc limit 1) as last`.execute(kysely.withoutPlugins())
  const [row] = rows
  return { rows: Number(row?.rows), last: row?.last ?? undefined }
}

function checkedOptions<Tables>(kysely: Kysely<Tables>, { set, batchSize = 1000, pauseMs = 0, onBatch }: BackfillOptions) {
  if (kysely.isTransaction) throw new ConfigurationError("invalid_option", "backfill: a transaction keeps every lock until its end: give it the Kysely itself")
  if (Object.keys(set).length === 0) throw new ConfigurationError("invalid_option", "backfill: `set` names no column")
  if (!Number.isSafeInteger(batchSize) || batchSize < 1) throw new ConfigurationError("invalid_option", "backfill: batchSize is a whole number of at least 1")
  return { batchSize, pauseMs, onBatch }
}
