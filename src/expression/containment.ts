import type { JsonPath } from "../path/json-path.ts"
import { isNullable, jsonAccessor } from "./accessor.ts"
import { type Fragment, fragment, text, value } from "./fragment.ts"
import { hasIndex, type Place, valueAt } from "./place.ts"

/** One JSON text that must be contained, or a list of which at least one must be. */
export type Parts = string | readonly string[]

/** Whether a scalar is found by containment in the whole document: there only a GIN on it can serve, and no btree on the path. */
export function isForDocumentGin(place: Place): boolean {
  return hasOnlyKeys(place.path) && !place.negated && place.scope.lookup.hasGin(place.path.column) && !hasIndex(place, "path")
}

/** The value contains a part: asked of the document where the path has only keys, of the value itself where an index is on it. */
export function containment(place: Place, parts: Parts): Fragment {
  const hasIndexes = place.path.steps.some((step) => typeof step === "number")
  return hasIndexes || hasIndex(place, "array") ? fragment`${valueAt(place)} ${containedIn(parts)}` : documentContainment(place, parts)
}

/** The document contains a part at the path. It finds a scalar below keys exactly where it is equal. */
export function documentContainment({ path, scope }: Place, parts: Parts): Fragment {
  const document = text(jsonAccessor({ column: path.column, steps: [] }, scope))
  const test = containedIn(typeof parts === "string" ? enclosed(path, parts) : parts.map((part) => enclosed(path, part)))
  // A document may be SQL NULL, and a test must not be.
  return isNullable(path.column, scope) ? fragment`(${document} ${test} and ${document} is not null)` : fragment`${document} ${test}`
}

function containedIn(parts: Parts): Fragment {
  return typeof parts === "string" ? fragment`@> ${value(parts)}::jsonb` : fragment`@> any(${value([...parts])}::jsonb[])`
}

// Not the document itself, where '["x"]' @> '"x"', and no array index, which containment cannot name.
function hasOnlyKeys({ steps }: JsonPath): boolean {
  return steps.length > 0 && steps.every((step) => typeof step === "string")
}

function enclosed({ steps }: JsonPath, part: string): string {
  return steps.reduceRight<string>((inside, key) => `{${JSON.stringify(key)}:${inside}}`, part)
}
