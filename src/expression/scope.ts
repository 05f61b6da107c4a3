import type { Given, IndexLookup } from "../definition/index-lookup.ts"
import { defineRecords, type TableDefinition } from "../definition/records-definition.ts"
import type { Predicate } from "../predicate/predicate.ts"
import type { AccessorScope } from "./accessor.ts"

/** What stands around a test: its accessors' scope, the indexes of the table, and what is true beside it. */
export interface Scope extends AccessorScope {
  readonly lookup: IndexLookup
  readonly given: Given
}

/** The outermost scope of conditions on a table; `table` is its alias. */
export function outermost({ lookup, columns }: Pick<TableDefinition, "lookup" | "columns"> = NO_DEFINITION, table?: string): Scope {
  return { columns, table, depth: 0, lookup, given: lookup.given([]) }
}

const NO_DEFINITION = defineRecords()

/** The scope of what stands beside conditions that are all true. */
export function within(scope: Scope, predicates: readonly Predicate[]): Scope {
  const given = scope.lookup.given(predicates, scope.given)
  return given === scope.given ? scope : { ...scope, given }
}
