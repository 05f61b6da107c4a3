import { type Kysely, sql } from "kysely"
import type { TableName } from "../definition/records-definition.ts"
import type { RecordsTables } from "../statement/records-tables.ts"
import { sqlState } from "../store/database-error.ts"
import type { Inspection } from "./inspection.ts"
import { undone } from "./undone.ts"

/** What the server counts of a table. */
export type TableHealth = Pick<Inspection, "bytes" | "deadRows" | "updates" | "last"> & { readonly estimated: number | null }

interface HealthRow {
  rows: string
  toast: string
  indexes: string
  total: string
  estimated: string | null
  dead: string
  live: string
  updated: string
  hot: string
  vacuum: string | null
  autovacuum: string | null
  analyze: string | null
  autoanalyze: string | null
}

/** What the server counts of a table and its partitions; any role may ask. */
export async function tableHealth(db: Kysely<RecordsTables>, { schema, table }: TableName): Promise<TableHealth> {
  // The earliest of all partitions, and none where one has none.
  const last = (what: string) =>
    sql.raw(`case when count(pg_stat_get_last_${what}_time(p.oid)) = count(*) then min(pg_stat_get_last_${what}_time(p.oid))::text end`)
  const { rows } = await sql<HealthRow>`
    select
      sum(pg_relation_size(p.oid))::text as rows, sum(coalesce(pg_total_relation_size(nullif(p.reltoastrelid, 0)), 0))::text as toast,
      sum(pg_indexes_size(p.oid))::text as indexes, sum(pg_total_relation_size(p.oid))::text as total,
      sum(p.reltuples) filter (where p.reltuples >= 0)::bigint::text as estimated,
      sum(pg_stat_get_dead_tuples(p.oid))::text as dead, sum(pg_stat_get_live_tuples(p.oid))::text as live,
      sum(pg_stat_get_tuples_updated(p.oid))::text as updated, sum(pg_stat_get_tuples_hot_updated(p.oid))::text as hot,
      ${last("vacuum")} as vacuum, ${last("autovacuum")} as autovacuum, ${last("analyze")} as analyze, ${last("autoanalyze")} as autoanalyze
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    join pg_class p on p.relkind in ('r', 'm') and (p.oid = c.oid or p.oid in (select relid from pg_partition_tree(c.oid)))
    where n.nspname = ${schema} and c.relname = ${table} and c.relkind in ('r', 'p', 'm')`.execute(db)
  const [row] = rows
  const number = (what: keyof HealthRow) => Number(row?.[what] ?? 0)
  const date = (text: string | null | undefined) => (text === null || text === undefined ? null : new Date(text))
  return {
    bytes: { rows: number("rows"), toast: number("toast"), indexes: number("indexes"), total: number("total") },
    estimated: row?.estimated === null || row === undefined ? null : number("estimated"),
    deadRows: { count: number("dead"), share: share(number("dead"), number("dead") + number("live")) ?? 0 },
    updates: { count: number("updated"), hotShare: share(number("hot"), number("updated")) },
    last: { vacuum: date(row?.vacuum), autovacuum: date(row?.autovacuum), analyze: date(row?.analyze), autoanalyze: date(row?.autoanalyze) },
  }
}

/** Pages that wait in each GIN of a table to be sorted in; or why that cannot be known. */
export async function pendingPages(db: Kysely<RecordsTables>, { schema, table }: TableName): Promise<ReadonlyMap<string, number> | string> {
  const { rows } = await sql<{ schema: string }>`
    select n.nspname as schema from pg_extension e join pg_namespace n on n.oid = e.extnamespace where e.extname = 'pgstattuple'`.execute(db)
  const [extension] = rows
  if (extension === undefined) return "the pending lists of the GIN are known only to the extension pgstattuple, which this database has not"
  try {
    return await undone(db, async (trx) => {
      const pending = await sql<{ name: string; pages: string }>`
        select x.relname as name, coalesce(sum((select pending_pages from ${sql.id(extension.schema, "pgstatginindex")}(p.oid::regclass))), 0)::text as pages
        from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_index i on i.indrelid = c.oid
        join pg_class x on x.oid = i.indexrelid join pg_am m on m.oid = x.relam
        join pg_class p on p.relkind = 'i' and (p.oid = x.oid or p.oid in (select relid from pg_partition_tree(x.oid)))
        where n.nspname = ${schema} and c.relname = ${table} and m.amname = 'gin' group by x.relname`.execute(trx)
      return new Map(pending.rows.map(({ name, pages }) => [name, Number(pages)]))
    })
  } catch (error) {
    // Another session has the table locked (55P03), or it took too long (57014): that is no matter of the role.
    if (["55P03", "57014", undefined].includes(sqlState(error))) throw error
    return "this role may not read the pending lists of the GIN (grant it pg_stat_scan_tables)"
  }
}

function share(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole
}
