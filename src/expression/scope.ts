import { GIN_ONLY, type Given, type IndexLookup } from "../definition/index-lookup.ts"
import { type AccessorScope, PLAIN_SCOPE } from "./accessor.ts"

/** What stands around a test: its accessors' scope, the indexes of the table, and what is true beside it. */
export interface Scope extends AccessorScope {
  readonly lookup: IndexLookup
  readonly given: Given
}

/** The outermost scope of conditions on a table. */
export function outermost(lookup: IndexLookup = GIN_ONLY, table?: string): Scope {
  return { ...PLAIN_SCOPE, table, lookup, given: lookup.given([]) }
}
