import { type CompiledQuery, type Kysely, sql } from "kysely"
import type { TableName } from "../definition/records-definition.ts"
import { quotedIn } from "../statement/index-statement.ts"
import type { RecordsTables } from "../statement/records-tables.ts"
import { planNodes, planOf, type QueryPlan, renamed, shardsOf, textAt, wasRun } from "./plan.ts"
import type { Row } from "./record-row.ts"
import { type IndexNames, nameHashSql, nameOfShard } from "./shard-name.ts"

/** A plan as PostgreSQL gives it, and the same with each index of a partition or a shard under the name of the table's. */
export interface TablePlan {
  readonly plan: QueryPlan
  readonly named: QueryPlan
}

/** The plan that a statement about a table gets, which asks for one. */
export async function tablePlan(db: Kysely<RecordsTables>, table: TableName, asked: CompiledQuery): Promise<TablePlan> {
  const plan = await wholePlan(db, asked)
  const whole = shardsOf(plan) === undefined ? plan : withoutShards(plan, await indexNames(db, table))
  const names = planNodes(whole).flatMap((node) => textAt(node, "Index Name") ?? [])
  const isDivided = planNodes(whole).some((node) => (textAt(node, "Relation Name") ?? table.table) !== table.table)
  const ofPartitions = isDivided && names.length > 0 ? await partitionIndexes(db, table, names) : undefined
  return { plan, named: ofPartitions === undefined ? whole : renamed(whole, (name) => ofPartitions.get(name) ?? name) }
}

// Of what Citus has run on many shards it shows one, and pages that the others looked at would not count.
async function wholePlan(db: Kysely<RecordsTables>, asked: CompiledQuery): Promise<QueryPlan> {
  const plan = await planGiven(db, asked)
  const { asked: all = 0, shown = 0 } = shardsOf(plan) ?? {}
  if (shown >= all || !wasRun(plan)) return plan
  return db.isTransaction ? planOfAllShards(db, asked) : db.transaction().execute((trx) => planOfAllShards(trx, asked))
}

async function planOfAllShards(trx: Kysely<RecordsTables>, asked: CompiledQuery): Promise<QueryPlan> {
  const show = (setting: "on" | "off") => sql`select set_config('citus.explain_all_tasks', ${setting}, true)`.execute(trx)
  await show("on")
  const plan = await planGiven(trx, asked)
  await show("off")
  return plan
}

async function planGiven(db: Kysely<RecordsTables>, asked: CompiledQuery): Promise<QueryPlan> {
  return planOf((await db.executeQuery<Row>(asked)).rows)
}

/** A plan in which what is of a shard goes by the name of the table's. */
export function withoutShards(plan: QueryPlan, names?: IndexNames): QueryPlan {
  return renamed(plan, (name, isRemote) => (isRemote ? nameOfShard(name, names) : name))
}

async function indexNames(db: Kysely<RecordsTables>, { schema, table }: TableName): Promise<IndexNames> {
  const { rows } = await sql<{ name: string; hash: string }>`
    select x.relname as name, ${sql.raw(nameHashSql("x.relname"))} as hash
    from pg_index i join pg_class x on x.oid = i.indexrelid where i.indrelid = to_regclass(${quotedIn(schema, table)})`.execute(db)
  return new Map(rows.map(({ name, hash }) => [hash, name]))
}

// PostgreSQL plans with the indexes of the partitions; people know that of the table, which has them.
async function partitionIndexes(db: Kysely<RecordsTables>, { schema, table }: TableName, names: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const { rows } = await sql<{ name: string; of: string }>`
    select part.relname as name, whole.relname as of from pg_class part
    join pg_class whole on whole.oid = pg_partition_root(part.oid) join pg_index i on i.indexrelid = whole.oid
    where part.relispartition and part.relname = any(${[...new Set(names)]}::text[]) and i.indrelid = to_regclass(${quotedIn(schema, table)})`.execute(db)
  return new Map(rows.map((row) => [row.name, row.of]))
}
