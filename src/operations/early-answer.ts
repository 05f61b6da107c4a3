import { conjuncts } from "../definition/record-index.ts"
import { isJsonPath } from "../path/json-path.ts"
import type { QueryAdvice } from "./advice.ts"
import type { AdvisedTable } from "./advised-table.ts"
import { type AskedQuery, answer } from "./asked-query.ts"
import { candidates, mirrored, newCandidates } from "./candidate.ts"
import { indexEntry } from "./index-entry.ts"
import { newStatements } from "./temporary-table.ts"

// A table that is read at once, whatever is asked of it.
const SMALL_BYTES = 1024 * 1024

/** What can be said about a query before anything is tried; `undefined`: an index may help. */
export function earlyAnswer(one: AskedQuery, table: AdvisedTable): QueryAdvice | undefined {
  const { bytes } = table.facts
  if (bytes < SMALL_BYTES) return answer(one, "small", `the table has ${Math.ceil(bytes / 1024)} kB: reading all of it takes no longer than an index would`)
  if (one.query.limit === 0) return answer(one, "served", "it asks for no record")
  return undeclared(one, table) ?? byPrimaryKey(one) ?? unservable(one)
}

// An index that could serve, and that the definition does not know of.
function undeclared(one: AskedQuery, { definition, facts }: AdvisedTable): QueryAdvice | undefined {
  const others = newCandidates(one.query, definition).flat()
  const found = newStatements(definition, [...others, ...others.map(mirrored)]).find(({ name }) =>
    facts.indexes.some((index) => index.name === name && index.isValid),
  )
  if (found === undefined) return undefined
  const entry = JSON.stringify(indexEntry(found.index))
  const why = `the index ${found.name} is there, but the definition does not declare it, so that the SQL does not ask for it: add ${entry}`
  return answer(one, "undeclared", why, { indexes: [found.name] })
}

// Nothing that could be built is better than what every table has.
function byPrimaryKey(one: AskedQuery): QueryAdvice | undefined {
  const { filters, sort, limit } = one.query
  if (candidates(one.query).length > 0) return undefined
  const isById = filters.flatMap(conjuncts).some((predicate) => predicate.kind === "column" && predicate.column === "id" && !predicate.negated)
  if (isById) return answer(one, "served", "the primary key serves its condition on the id")
  if (filters.length > 0 || limit === undefined || sort.some(({ path }) => isJsonPath(path) || path.column !== "id")) return undefined
  return answer(one, "served", "it reads its records in the order of the primary key, and ends at its limit")
}

function unservable(one: AskedQuery): QueryAdvice | undefined {
  const { filters, sort } = one.query
  if (candidates(one.query).length > 0) return undefined
  if (filters.length > 0) return answer(one, "unservable", "no index serves its conditions: negatives, any, type and sizes are looked up record by record")
  if (sort.length > 0) return answer(one, "unservable", "it asks for every record: an index helps an order only where there is a limit")
  return answer(one, "unservable", "it asks for every record, in the order of the primary key")
}
