import type { JsonPath } from "../path/json-path.ts"
import { isNullable, jsonAccessor } from "./accessor.ts"
import { derived, type Fragment, fragment, text } from "./fragment.ts"
import { hasIndex, type Place, type TestedPlace, valueAt } from "./place.ts"

/** One JSON text that must be contained, or a list of which at least one must be. */
export type Parts = string | readonly string[]

/** Whether a scalar is found by containment in the whole document: there only a GIN on it can serve, and no btree on the path. */
export function isForDocumentGin(place: Place): boolean {
  return hasOnlyKeys(place.path) && !place.negated && place.scope.lookup.hasGin(place.path.column) && !hasIndex(place, "path")
}

/** The value contains parts of an operand: asked of the document where the path has only keys, of the value itself where an index is on it. */
export function containment<T>(place: TestedPlace, operand: T, partsOf: (operand: T) => Parts): Fragment {
  const hasIndexes = place.path.steps.some((step) => typeof step === "number")
  if (hasIndexes || hasIndex(place, "array")) return fragment`${valueAt(place)} ${containedIn(place, operand, partsOf)}`
  return documentContainment(place, operand, partsOf)
}

/** The document contains parts of an operand at the path. It finds a scalar below keys exactly where it is equal. */
export function documentContainment<T>(place: TestedPlace, operand: T, partsOf: (operand: T) => Parts): Fragment {
  const { path, scope } = place
  const document = text(jsonAccessor({ column: path.column, steps: [] }, scope))
  const test = containedIn(place, operand, (given) => {
    const parts = partsOf(given)
    return typeof parts === "string" ? enclosed(path, parts) : parts.map((part) => enclosed(path, part))
  })
  // A document may be SQL NULL, and a test must not be.
  return isNullable(path.column, scope) ? fragment`(${document} ${test} and ${document} is not null)` : fragment`${document} ${test}`
}

function containedIn<T>({ test }: TestedPlace, operand: T, partsOf: (operand: T) => Parts): Fragment {
  const parts = derived(test, operand, partsOf)
  return typeof partsOf(operand) === "string" ? fragment`@> ${parts}::jsonb` : fragment`@> any(${parts}::jsonb[])`
}

// Not the document itself, where '["x"]' @> '"x"', and no array index, which containment cannot name.
function hasOnlyKeys({ steps }: JsonPath): boolean {
  return steps.length > 0 && steps.every((step) => typeof step === "string")
}

function enclosed({ steps }: JsonPath, part: string): string {
  return steps.reduceRight<string>((inside, key) => `{${JSON.stringify(key)}:${inside}}`, part)
}
