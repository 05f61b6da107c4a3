import { conjuncts } from "../definition/record-index.ts"
import type { CheckedQuery } from "../predicate/checked-query.ts"
import type { Predicate } from "../predicate/predicate.ts"
import { ginIndexes, indexStatements } from "../statement/index-statement.ts"
import type { QueryAdvice } from "./advice.ts"
import type { AdvisedTable } from "./advised-table.ts"
import { type AskedQuery, answer } from "./asked-query.ts"
import { BY_GIN, candidates, identity } from "./candidate.ts"

/** What there is to say where the definition declares indexes that would help, and the table lacks them. */
export function missingAnswer(one: AskedQuery, indexes: readonly string[], pages?: QueryAdvice["pages"]): QueryAdvice {
  const why = `the definition declares ${indexes.join(", ")}, and the table has no such index, or an invalid one: migrate it`
  return answer(one, "missing", why, { indexes, ...(pages === undefined ? {} : { pages }) })
}

/** Those of the indexes that a table lacks that could serve a query, by their names: which of them do, only a sample can tell. */
export function lackingFor({ definition, lacking }: Pick<AdvisedTable, "definition" | "lacking">, query: CheckedQuery): readonly string[] {
  if (lacking.length === 0) return []
  const possible = new Set(candidates(query).flat().map(identity))
  const declared = indexStatements(definition).filter(({ index }) => possible.has(identity(index)))
  const documents = definition.gin.filter((column) => query.filters.some((predicate) => asksForGin(predicate, column)))
  const names = new Set([...ginIndexes(definition, documents), ...declared].map(({ name }) => name))
  return lacking.flatMap(({ name }) => (names.has(name) ? [name] : []))
}

function asksForGin(predicate: Predicate, column: string): boolean {
  return conjuncts(predicate).some((one) => {
    if (one.kind === "or") return one.of.some((branch) => asksForGin(branch, column))
    return one.kind === "document" && one.path.column === column && !one.negated && BY_GIN.has(one.operator)
  })
}
