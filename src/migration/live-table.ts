import { type Kysely, type QueryExecutorProvider, sql } from "kysely"
import type { TableName } from "../definition/records-definition.ts"
import { databaseError } from "../store/database-error.ts"

/** An index of a table, as the database has it. */
export interface LiveIndex {
  readonly name: string
  /** The SQL that makes it, as PostgreSQL writes it. */
  readonly definition: string
  /** Not so, when a concurrent build of it has failed or is under way: it costs every write and serves no query. */
  readonly isValid: boolean
  /** Its comment, which may be the mark of those that were made from a definition; `null`: it has none. */
  readonly comment: string | null
}

/** A column of a table, as the database has it. */
export interface LiveColumn {
  readonly name: string
  /** In the words of PostgreSQL: `timestamp(3) with time zone`; of a domain, the type below it. */
  readonly type: string
  /** Whether it is never NULL, as far as that can be known: a view does not say. */
  readonly isNotNull: boolean
  /** Whether no two rows have one value of it; of a view nobody can say. */
  readonly isUnique: boolean
}

/** A table, as the database has it. */
export interface LiveTable {
  readonly columns: readonly LiveColumn[]
  readonly indexes: readonly LiveIndex[]
  /** The names of its partitions, in order; `undefined`: it is not partitioned. */
  readonly partitions: readonly string[] | undefined
  readonly isDistributed: boolean
  /** What it is, where it is no table: nobody can index it then. */
  readonly isOther: "a view" | "a foreign table" | undefined
  /** The extensions of the database. */
  readonly extensions: readonly string[]
}

/**
 * The table of a definition as it is at this moment, or `undefined` when there is none. Needs no privilege on it.
 *
 * @throws DatabaseUnavailableError, also when another session keeps the table locked for longer.
 */
export async function liveTable<DB>(db: Kysely<DB>, name: TableName, lockTimeoutMs: number = LOCK_TIMEOUT_MS): Promise<LiveTable | undefined> {
  try {
    if (db.isTransaction) return await liveTableWithin(db, name)
    return await db.transaction().execute(async (trx) => {
      await sql`select set_config('lock_timeout', ${`${lockTimeoutMs}ms`}, true)`.execute(trx)
      return liveTableWithin(trx, name)
    })
  } catch (error) {
    throw databaseError(error, { operation: "looking at the table", ...name })
  }
}

// PostgreSQL writes out an index only when it may read its table.
const LOCK_TIMEOUT_MS = 10_000

/** The same in a transaction of the caller's, whose limits are its own; what the driver throws is the caller's to name. */
export async function liveTableWithin(db: QueryExecutorProvider, name: TableName): Promise<LiveTable | undefined> {
  const { rows } = await tableQuery(name).execute(db)
  const [row] = rows
  if (row === undefined) return undefined
  return {
    columns: row.columns,
    indexes: row.indexes,
    partitions: row.is_partitioned ? row.partitions : undefined,
    isOther: row.is_other ?? undefined,
    isDistributed: row.has_citus && (await isDistributed(db, row.oid)),
    extensions: row.extensions,
  }
}

interface TableRow {
  oid: string
  is_partitioned: boolean
  is_other: "a view" | "a foreign table" | null
  has_citus: boolean
  columns: LiveColumn[]
  indexes: LiveIndex[]
  partitions: string[]
  extensions: string[]
}

function tableQuery({ schema, table }: TableName) {
  return sql<TableRow>`
    select
      c.oid::text as oid, c.relkind = 'p' as is_partitioned, case c.relkind when 'v' then 'a view' when 'f' then 'a foreign table' end as is_other, to_regclass('pg_dist_partition') is not null as has_citus,
      (
        select coalesce(json_agg(json_build_object(
          'name', a.attname, 'type', ${underlyingType}, 'isNotNull', a.attnotnull or c.relkind in ('v', 'm'),
          'isUnique', c.relkind not in ('r', 'p') or exists (
            select from pg_index u where u.indrelid = c.oid and u.indisunique and u.indisvalid and u.indimmediate
              and u.indpred is null and u.indnkeyatts = 1 and u.indkey[0] = a.attnum
          )) order by a.attnum), '[]')
        from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
      ) as columns,
      (
        select coalesce(json_agg(json_build_object('name', r.relname, 'definition', pg_get_indexdef(r.oid), 'isValid', i.indisvalid,
          'comment', obj_description(r.oid, 'pg_class')) order by r.relname), '[]')
        from pg_index i join pg_class r on r.oid = i.indexrelid where i.indrelid = c.oid
      ) as indexes,
      (
        select coalesce(json_agg(p.relname order by length(p.relname), p.relname), '[]')
        from pg_inherits h join pg_class p on p.oid = h.inhrelid where h.inhparent = c.oid
      ) as partitions,
      (select json_agg(extname) from pg_extension) as extensions
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = ${schema} and c.relname = ${table} and c.relkind in ('r', 'p', 'f', 'v', 'm')`
}

const underlyingType = sql`(
  with recursive under(type, modifier) as (
    select a.atttypid, a.atttypmod
    union all select t.typbasetype, t.typtypmod from under join pg_type t on t.oid = under.type where t.typtype = 'd'
  ) select format_type(under.type, under.modifier) from under join pg_type t on t.oid = under.type where t.typtype <> 'd')`

// The catalog of Citus can be named only where it is.
async function isDistributed(db: QueryExecutorProvider, oid: string): Promise<boolean> {
  const { rows } = await sql`select 1 from pg_dist_partition where logicalrelid = ${oid}::text::oid::regclass`.execute(db)
  return rows.length > 0
}
