import type { Compilable, Kysely, QueryResult } from "kysely"
import type { TableDefinition } from "../definition/records-definition.ts"
import type { RecordsTables } from "../statement/records-tables.ts"

/** Where a batch is written: a table, and the one connection or transaction that leads there. */
export interface BatchTarget {
  readonly db: Kysely<RecordsTables>
  readonly definition: TableDefinition
  /** `position` is that of the record, where the statement is for one alone. */
  run<R>(statement: Compilable<R>, position?: number): Promise<QueryResult<R>>
  /** Waits for the source: meanwhile others may read in the same transaction. */
  reading<R>(read: () => Promise<R>): Promise<R>
  /** A transaction, or a savepoint where the target is one already. */
  transaction<R>(work: (target: BatchTarget) => Promise<R>): Promise<R>
}
