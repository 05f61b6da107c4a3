import { type Kysely, sql } from "kysely"
import type { TableDefinition } from "../definition/records-definition.ts"
import type { CheckedQuery } from "../predicate/checked-query.ts"
import { createIndexSql, type IndexStatement } from "../statement/index-statement.ts"
import type { RecordsTables } from "../statement/records-tables.ts"
import { planFacts } from "../store/plan.ts"
import { queryPlan } from "./query-plan.ts"
import { undone } from "./undone.ts"

/** What the planner makes of the whole table with an index that is not there, by the extension hypopg. */
export interface HypotheticalPlan {
  /** Whether the planner would use it. */
  readonly isUsed: boolean
  /** The planner's price of the query: as the table is, and with the index. */
  readonly cost: { readonly now: number; readonly withIndex: number }
  readonly bytes: number
}

/** Whether the database has the extension. */
export async function hasHypopg(db: Kysely<RecordsTables>): Promise<boolean> {
  const { rows } = await sql`select 1 from pg_extension where extname = 'hypopg'`.execute(db)
  return rows.length > 0
}

/**
 * The plan of a query as if an index were there. `undefined` where hypopg knows no index of its kind, such as a GIN.
 * `definition` is the one that declares it.
 */
export async function hypotheticalPlan(
  db: Kysely<RecordsTables>,
  definition: { readonly now: TableDefinition; readonly changed: TableDefinition },
  statement: IndexStatement,
  query: CheckedQuery,
): Promise<HypotheticalPlan | undefined> {
  if (statement.index.kind === "trigram" || statement.index.kind === "array") return undefined
  return undone(db, async (trx) => {
    const cost = async (of: TableDefinition) => planFacts((await queryPlan(trx, of, query)).named)
    const now = await cost(definition.now)
    const ddl = createIndexSql(statement, definition.changed, "at once")
    const { rows } = await sql<{ oid: string; name: string }>`select indexrelid::text as oid, indexname as name from hypopg_create_index(${ddl})`.execute(trx)
    const { oid, name } = rows[0] ?? { oid: "0", name: "" }
    try {
      const changed = await cost(definition.changed)
      const size = await sql<{ bytes: string | number }>`select hypopg_relation_size(${oid}::oid) as bytes`.execute(trx)
      return { isUsed: changed.indexes.includes(name), cost: { now: now.cost, withIndex: changed.cost }, bytes: Number(size.rows[0]?.bytes) }
    } finally {
      // It lives in the session, not in the transaction.
      await sql`select hypopg_drop_index(${oid}::oid)`.execute(trx)
    }
  })
}
