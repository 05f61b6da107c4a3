import { indexLookup } from "../definition/index-lookup.ts"
import type { Predicate } from "../predicate/predicate.ts"
import { columnTest } from "./column-test.ts"
import { documentTest } from "./document-test.ts"
import { type Fragment, fragment, joined, literal, text } from "./fragment.ts"
import { type Scope, within } from "./scope.ts"

/** The SQL of a whole condition. */
export function conditionSql(predicate: Predicate, scope: Scope): Fragment {
  return predicateSql(predicate, within(scope, [predicate]))
}

/**
 * The SQL of a condition of a partial index, without parameters: PostgreSQL sees that a query asks for the same when
 * both have the same text. The other indexes of the table do not matter to it: they may come and go. It asks the values
 * themselves: of a containment that is true of few records the planner may expect none.
 */
export function partialSql(predicate: Predicate, scope: Scope): Fragment {
  return literal(testSql(predicate, { ...scope, lookup: NO_INDEXES, given: NO_INDEXES.given([]) }))
}

const NO_INDEXES = indexLookup([], [])

function predicateSql(predicate: Predicate, scope: Scope): Fragment {
  return scope.lookup.isPartial(predicate) ? partialSql(predicate, scope) : testSql(predicate, scope)
}

function testSql(predicate: Predicate, scope: Scope): Fragment {
  if (predicate.kind === "document") return documentTest(predicate, scope, predicateSql)
  if (predicate.kind === "column") return columnTest(predicate, scope)
  if (predicate.kind === "not") return fragment`(not ${predicateSql(predicate.of, scope)})`
  return groupSql(predicate.kind, predicate.of, scope)
}

function groupSql(kind: "and" | "or", predicates: readonly Predicate[], scope: Scope): Fragment {
  if (predicates.length === 0) return text(kind === "and" ? "true" : "false")
  const all = kind === "and" ? within(scope, predicates) : undefined
  // Each branch of an OR is a condition of its own, with what stands around all of them.
  const parts = predicates.map((part) => predicateSql(part, all ?? within(scope, [part])))
  return parts.length === 1 ? joined(parts, "") : fragment`(${joined(parts, ` ${kind} `)})`
}
