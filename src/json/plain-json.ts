import { MAX_DEPTH } from "./jsonb-limits.ts"

/**
 * The JSON text of a value that `JSON.stringify` writes without losing anything; `undefined` for any other, and for one
 * that only a closer look could tell. Most documents are plain, and this is several times faster than that look.
 */
export function plainJson(value: unknown): string | undefined {
  if (!isPlain(value, 0)) return undefined
  const text = JSON.stringify(value)
  // NUL characters and lone surrogates are written so, among other things.
  return text.includes("\\u") ? undefined : text
}

function isPlain(value: unknown, depth: number): boolean {
  if (typeof value === "string" || typeof value === "boolean" || value === null) return true
  if (typeof value === "number") return Number.isFinite(value)
  if (typeof value !== "object" || depth >= MAX_DEPTH) return false
  if (Array.isArray(value)) return isPlainArray(value, depth)
  return isObjectOfItsOwn(value) && isPlainObject(value, depth)
}

function isPlainArray(value: readonly unknown[], depth: number): boolean {
  if (Object.getPrototypeOf(value) !== Array.prototype || "toJSON" in value) return false
  for (let index = 0; index < value.length; index += 1) if (!isPlain(value[index], depth + 1)) return false
  return true
}

function isPlainObject(value: Readonly<Record<string, unknown>>, depth: number): boolean {
  for (const key of Object.keys(value)) {
    const member = value[key]
    if (member !== undefined && !isPlain(member, depth + 1)) return false
  }
  return Object.getOwnPropertySymbols(value).length === 0
}

function isObjectOfItsOwn(value: object): value is Readonly<Record<string, unknown>> {
  return Object.getPrototypeOf(value) === Object.prototype && !("toJSON" in value) && !(Symbol.toStringTag in Object.prototype)
}
