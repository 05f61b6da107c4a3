import type { Kysely } from "kysely"
import type { TableDefinition } from "../definition/records-definition.ts"
import type { CheckedQuery } from "../predicate/checked-query.ts"
import { type ExplainOptions, explainStatement } from "../statement/explain.ts"
import type { RecordsTables } from "../statement/records-tables.ts"
import { searchStatement } from "../statement/search.ts"
import { type TablePlan, tablePlan } from "../store/table-plan.ts"

/** The plan that a search of a table gets. */
export function queryPlan(db: Kysely<RecordsTables>, definition: TableDefinition, query: CheckedQuery, options: ExplainOptions = {}): Promise<TablePlan> {
  return tablePlan(db, definition, explainStatement(searchStatement(db, definition, query).compile(), options))
}
