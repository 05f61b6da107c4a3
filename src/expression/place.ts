import type { IndexKind } from "../definition/record-index.ts"
import type { JsonPath } from "../path/json-path.ts"
import { jsonAccessor, textAccessor, valueAccessor } from "./accessor.ts"
import { type Fragment, fragment, joined, text } from "./fragment.ts"
import type { Scope } from "./scope.ts"

/** A place in a document, and what stands around the test of it. */
export interface Place {
  readonly path: JsonPath
  readonly scope: Scope
  /** Whether the test is turned round: no index serves it then. */
  readonly negated: boolean
}

/** A place that is tested, and the test of it. */
export interface TestedPlace extends Place {
  readonly test: object
}

/** The value as `jsonb`, SQL NULL where there is none. */
export function jsonAt({ path, scope }: Place): Fragment {
  return text(jsonAccessor(path, scope))
}

/** The value as `jsonb`, JSON null where there is none. */
export function valueAt({ path, scope }: Place): Fragment {
  return text(valueAccessor(path, scope))
}

/** The value as text. */
export function textAt({ path, scope }: Place): Fragment {
  return text(textAccessor(path, scope))
}

/** Has a value. */
export function exists(place: Place): Fragment {
  return fragment`${valueAt(place)} <> 'null'`
}

/** Whether an index of this kind on the path serves a test of it. */
export function hasIndex({ path, scope, negated }: Place, kind: IndexKind): boolean {
  return !negated && scope.lookup.serves(kind, path, scope.given)
}

/** Whether the value is of a JSON type. The planner takes it for a coin toss, where it would take `=` for a rare hit. */
export function isOfType(place: Place, type: "string" | "number"): Fragment {
  return fragment`coalesce(jsonb_typeof(${jsonAt(place)}) = ${text(`'${type}'`)}, false)`
}

/** Several tests at once. */
export function allTrue(tests: readonly Fragment[]): Fragment {
  const [first] = tests
  return tests.length === 1 && first !== undefined ? first : fragment`(${joined(tests, " and ")})`
}
