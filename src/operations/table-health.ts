import { type Kysely, sql } from "kysely"
import { quotedIn } from "../statement/index-statement.ts"
import type { RecordsTables } from "../statement/records-tables.ts"
import { sqlState } from "../store/database-error.ts"
import { nameHashSql } from "../store/shard-name.ts"
import type { Inspection } from "./inspection.ts"
import { type AskedTable, NoAnswer, ownNameOf, partAnswers } from "./part-answers.ts"
import { undone } from "./undone.ts"

/** What the server counts of a table. */
export interface TableHealth extends Pick<Inspection, "bytes" | "deadRows" | "updates" | "last"> {
  readonly estimated: number | null
  /** What a distributed table still has on the server that is asked. */
  readonly leftBehind: number
}

interface HealthRow extends Readonly<Record<Counted, number>> {
  readonly estimated: number | null
  readonly last: Readonly<Record<Upkeep, string | null>>
}

type Counted = "rows" | "toast" | "indexes" | "total" | "dead" | "live" | "updated" | "hot"

const UPKEEP = ["vacuum", "autovacuum", "analyze", "autoanalyze"] as const

type Upkeep = (typeof UPKEEP)[number]

/** What the server counts of a table and its parts; any role may ask. */
export async function tableHealth(db: Kysely<RecordsTables>, table: AskedTable): Promise<TableHealth> {
  const { own, parts } = await partAnswers<HealthRow>(db, table, question)
  const sum = (what: Counted) => parts.reduce((all, part) => all + part[what], 0)
  const known = parts.flatMap(({ estimated }) => estimated ?? [])
  // The earliest of all parts, and none where one has none.
  const last = (what: Upkeep) => {
    const dates = parts.flatMap((part) => part.last[what] ?? []).map((text) => new Date(text))
    return dates.length < parts.length ? null : (dates.toSorted((a, b) => a.getTime() - b.getTime())[0] ?? null)
  }
  return {
    bytes: { rows: sum("rows"), toast: sum("toast"), indexes: sum("indexes"), total: sum("total") },
    leftBehind: table.isDistributed ? (own?.rows ?? 0) : 0,
    estimated: known.length === 0 ? null : known.reduce((all, one) => all + one, 0),
    deadRows: { count: sum("dead"), share: share(sum("dead"), sum("dead") + sum("live")) ?? 0 },
    updates: { count: sum("updated"), hotShare: share(sum("hot"), sum("updated")) },
    last: { vacuum: last("vacuum"), autovacuum: last("autovacuum"), analyze: last("analyze"), autoanalyze: last("autoanalyze") },
  }
}

function question(where: string): string {
  const last = (what: Upkeep) =>
    `'${what}', case when count(pg_stat_get_last_${what}_time(p.oid)) = count(*) then min(pg_stat_get_last_${what}_time(p.oid))::text end`
  return `
    select json_build_object(
      'rows', coalesce(sum(pg_relation_size(p.oid)), 0), 'toast', coalesce(sum(pg_total_relation_size(nullif(p.reltoastrelid, 0))), 0),
      'indexes', coalesce(sum(pg_indexes_size(p.oid)), 0), 'total', coalesce(sum(pg_total_relation_size(p.oid)), 0),
      'estimated', sum(p.reltuples) filter (where p.reltuples >= 0)::bigint,
      'dead', coalesce(sum(pg_stat_get_dead_tuples(p.oid)), 0), 'live', coalesce(sum(pg_stat_get_live_tuples(p.oid)), 0),
      'updated', coalesce(sum(pg_stat_get_tuples_updated(p.oid)), 0), 'hot', coalesce(sum(pg_stat_get_tuples_hot_updated(p.oid)), 0),
      'last', json_build_object(${UPKEEP.map(last).join(", ")}))
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    join pg_class p on p.relkind in ('r', 'm') and (p.oid = c.oid or p.oid in (select relid from pg_partition_tree(c.oid)))
    where ${where} and c.relkind in ('r', 'p', 'm')`
}

/** Pages that wait in each GIN of a table to be sorted in; or why that cannot be known. */
export async function pendingPages(db: Kysely<RecordsTables>, table: AskedTable): Promise<ReadonlyMap<string, number> | string> {
  const { rows } = await sql<{ schema: string }>`
    select n.nspname as schema from pg_extension e join pg_namespace n on n.oid = e.extnamespace where e.extname = 'pgstattuple'`.execute(db)
  const [extension] = rows
  if (extension === undefined) return "the pending lists of the GIN are known only to the extension pgstattuple, which this database has not"
  try {
    const asked = pendingQuestion(quotedIn(extension.schema, "pgstatginindex"))
    const { own = [], parts } = await undone(db, (trx) => partAnswers<readonly PendingRow[]>(trx, table, asked))
    const nameOf = ownNameOf(own, table)
    const all = parts.flat().map(({ name, pages }) => ({ pages, name: nameOf(name) }))
    return new Map(own.map(({ name }) => [name, all.reduce((sum, one) => (one.name === name ? sum + one.pages : sum), 0)]))
  } catch (error) {
    // Another session has the table locked (55P03), or it took too long (57014): that is no matter of the role.
    if (!(error instanceof NoAnswer) && ["55P03", "57014", undefined].includes(sqlState(error))) throw error
    return "this role may not read the pending lists of the GIN (grant it pg_stat_scan_tables)"
  }
}

interface PendingRow {
  readonly name: string
  readonly hash: string
  readonly pages: number
}

function pendingQuestion(pages: string): (where: string) => string {
  return (where) => `
    select coalesce(json_agg(json_build_object('name', name, 'hash', ${nameHashSql("name")}, 'pages', pages)), '[]') from (
      select x.relname as name, coalesce(sum((select pending_pages from ${pages}(p.oid::regclass))), 0) as pages
      from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_index i on i.indrelid = c.oid
      join pg_class x on x.oid = i.indexrelid join pg_am m on m.oid = x.relam
      join pg_class p on p.relkind = 'i' and (p.oid = x.oid or p.oid in (select relid from pg_partition_tree(x.oid)))
      where ${where} and m.amname = 'gin' group by x.relname) gin`
}

function share(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole
}
