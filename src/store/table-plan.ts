import { type CompiledQuery, type Kysely, sql } from "kysely"
import type { TableName } from "../definition/records-definition.ts"
import { quotedIn } from "../statement/index-statement.ts"
import type { RecordsTables } from "../statement/records-tables.ts"
import { planNodes, planOf, type QueryPlan, renamed, textAt } from "./plan.ts"
import type { Row } from "./record-row.ts"

/** A plan as PostgreSQL gives it, and the same with each index of a partition or a shard under the name of the table's. */
export interface TablePlan {
  readonly plan: QueryPlan
  readonly named: QueryPlan
}

/** The plan that a statement about a table gets, which asks for one. */
export async function tablePlan(db: Kysely<RecordsTables>, table: TableName, asked: CompiledQuery): Promise<TablePlan> {
  const plan = planOf((await db.executeQuery<Row>(asked)).rows)
  const whole = withoutShards(plan)
  const names = planNodes(whole).flatMap((node) => textAt(node, "Index Name") ?? [])
  const isDivided = planNodes(whole).some((node) => (textAt(node, "Relation Name") ?? table.table) !== table.table)
  const ofPartitions = isDivided && names.length > 0 ? await partitionIndexes(db, table, names) : undefined
  return { plan, named: ofPartitions === undefined ? whole : renamed(whole, (name) => ofPartitions.get(name) ?? name) }
}

/** A plan in which what is of a shard goes by the name of the table's: Citus adds the number of the shard to each. */
export function withoutShards(plan: QueryPlan): QueryPlan {
  return renamed(plan, (name, isRemote) => (isRemote ? name.replace(/_\d+$/, "") : name))
}

// PostgreSQL plans with the indexes of the partitions; people know that of the table, which has them.
async function partitionIndexes(db: Kysely<RecordsTables>, { schema, table }: TableName, names: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const { rows } = await sql<{ name: string; of: string }>`
    select part.relname as name, whole.relname as of from pg_class part
    join pg_class whole on whole.oid = pg_partition_root(part.oid) join pg_index i on i.indexrelid = whole.oid
    where part.relispartition and part.relname = any(${[...new Set(names)]}::text[]) and i.indrelid = to_regclass(${quotedIn(schema, table)})`.execute(db)
  return new Map(rows.map((row) => [row.name, row.of]))
}
