import { type Kysely, sql } from "kysely"
import type { TableName } from "../definition/records-definition.ts"
import { textLiteral } from "../expression/accessor.ts"
import { quotedIn } from "../statement/index-statement.ts"
import type { RecordsTables } from "../statement/records-tables.ts"
import { nameOfShard } from "../store/shard-name.ts"

/** A table, and whether Citus distributes it: the server that is asked holds none of its records then. */
export interface AskedTable extends TableName {
  readonly isDistributed: boolean
}

/** What is known of a table. */
export interface PartAnswers<R> {
  /** What the server that is asked knows itself; `undefined`: there is no such table. */
  readonly own: R | undefined
  /** What its shards know, or the table itself where it has none. */
  readonly parts: readonly R[]
}

/**
 * What is known of a table and its shards. `question` makes the SELECT of one JSON value from the condition that finds the
 * table as `c` of `pg_class` and `n` of `pg_namespace`; it has no percent sign.
 *
 * @throws NoAnswer when a shard gives none.
 */
export async function partAnswers<R>(db: Kysely<RecordsTables>, table: AskedTable, question: (where: string) => string): Promise<PartAnswers<R>> {
  const isIt = `n.nspname = ${textLiteral(table.schema)} and c.relname = ${textLiteral(table.table)}`
  const { rows } = await sql<{ answer: R | null }>`select (${sql.raw(question(isIt))}) as answer`.execute(db)
  const own = rows[0]?.answer ?? undefined
  return { own, parts: table.isDistributed ? await shardAnswers<R>(db, table, question(SHARD)) : own === undefined ? [] : [own] }
}

/** What an index of a part is called on the table that has these. */
export function ownNameOf(indexes: readonly { readonly name: string; readonly hash: string }[], { isDistributed }: AskedTable): (name: string) => string {
  const names = new Map(indexes.map(({ name, hash }) => [hash, name]))
  return (name) => (isDistributed ? nameOfShard(name, names) : name)
}

/** A shard that does not answer. It says in words why, in those of its server. */
export class NoAnswer extends Error {}

// What Citus puts the name of each shard into.
const SHARD = "c.oid = %L::regclass"

interface ShardRow {
  readonly success: boolean
  readonly result: string
}

async function shardAnswers<R>(db: Kysely<RecordsTables>, { schema, table }: TableName, question: string): Promise<readonly R[]> {
  const { rows } = await sql<ShardRow>`
    select success, result from run_command_on_shards(${quotedIn(schema, table)}::regclass, ${question})`.execute(db)
  const refused = rows.find(({ success }) => !success)
  if (refused !== undefined) throw new NoAnswer(refused.result)
  return rows.map(({ result }): R => JSON.parse(result))
}
