import { isExactNumber } from "../json/exact-number.ts"
import type { PathStep } from "../path/json-path.ts"

/**
 * The value at a path inside a document, `undefined` where there is none. A key names nothing in an array, an index
 * nothing in an object, and what an object inherits is not in it.
 */
export function valueAt(document: unknown, steps: readonly PathStep[]): unknown {
  return steps.reduce<unknown>(stepInto, document)
}

function stepInto(value: unknown, step: PathStep): unknown {
  if (typeof value !== "object" || value === null || value instanceof Date || isExactNumber(value)) return undefined
  if (typeof step === "number") return Array.isArray(value) ? value.at(step) : undefined
  return !Array.isArray(value) && Object.hasOwn(value, step) ? Reflect.get(value, step) : undefined
}
