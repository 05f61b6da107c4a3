import { type Kysely, sql } from "kysely"
import type { TableName } from "../definition/records-definition.ts"
import type { RecordsTables } from "../statement/records-tables.ts"

/** An index of a table, as the server counts its use; that of a partitioned table with all of its partitions. */
export interface IndexUse {
  readonly name: string
  /** How often a statement has searched it, since the statistics began. */
  readonly scans: number
  readonly bytes: number
  /** A primary key or a unique index: it is needed whether it is searched or not. */
  readonly isConstraint: boolean
  /** Not so, when a concurrent build has failed or is under way: it costs every write and serves no query. */
  readonly isValid: boolean
}

/** What a table takes, and since when its use is counted. */
export interface TableFacts {
  readonly bytes: number
  readonly isPartitioned: boolean
  readonly indexes: readonly IndexUse[]
  /** When the statistics were last begun anew; `null`: never. */
  readonly countedSince: Date | null
}

/** What the server knows about a table; any role may ask. `undefined`: there is no such table. */
export async function tableFacts(db: Kysely<RecordsTables>, { schema, table }: TableName): Promise<TableFacts | undefined> {
  const { rows } = await sql<{ bytes: string; is_partitioned: boolean; counted_since: string | null; indexes: IndexUse[] }>`
    select
      (select coalesce(sum(pg_table_size(p.oid)), 0)::text from (
        select c.oid union select relid from pg_partition_tree(c.oid) where relid <> c.oid) p(oid)) as bytes,
      c.relkind = 'p' as is_partitioned,
      (select stats_reset::text from pg_stat_database where datname = current_database()) as counted_since,
      (select coalesce(json_agg(json_build_object(
          'name', x.relname,
          'scans', (select coalesce(sum(pg_stat_get_numscans(p.oid)), 0) from (
            select x.oid union select relid from pg_partition_tree(x.oid) where relid <> x.oid) p(oid)),
          'bytes', (select coalesce(sum(pg_relation_size(p.oid)), 0) from (
            select x.oid union select relid from pg_partition_tree(x.oid) where relid <> x.oid) p(oid)),
          'isConstraint', i.indisunique or i.indisexclusion,
          'isValid', i.indisvalid) order by x.relname), '[]')
        from pg_index i join pg_class x on x.oid = i.indexrelid where i.indrelid = c.oid) as indexes
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = ${schema} and c.relname = ${table} and c.relkind in ('r', 'p', 'm')`.execute(db)
  const [row] = rows
  if (row === undefined) return undefined
  return {
    bytes: Number(row.bytes),
    isPartitioned: row.is_partitioned,
    indexes: row.indexes,
    countedSince: row.counted_since === null ? null : new Date(row.counted_since),
  }
}
