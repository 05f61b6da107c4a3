import type { Preview } from "../statement/search.ts"
import type { Explanation } from "../store/explanation.ts"

/**
 * A statement for people: the SQL on one line, and each of its parameters on one more.
 *
 * @example
 * previewText({ sql: "select $1::text", parameters: ["Ada"] })
 * // select $1::text
 * //
 * // $1 = 'Ada'
 */
export function previewText({ sql, parameters }: Preview): string {
  if (parameters.length === 0) return sql
  return [sql, "", ...parameters.map((parameter, index) => `$${index + 1} = ${literal(parameter)}`)].join("\n")
}

/** A plan for people: what happens, and the nodes of the plan below it. */
export function explanationText({ summary, text }: Explanation): string {
  return [summary, "", text].join("\n")
}

/** One record as one line of JSON. */
export function recordLine(record: unknown): string {
  return JSON.stringify(record)
}

// As PostgreSQL reads it, so that a line can be copied into psql.
function literal(parameter: unknown): string {
  if (Array.isArray(parameter)) return `array[${parameter.map(literal).join(", ")}]`
  if (typeof parameter !== "string") return String(parameter)
  const quoted = parameter.replaceAll("'", "''")
  return /\p{Cc}/u.test(quoted) ? `E'${quoted.replaceAll("\\", "\\\\").replace(/\p{Cc}/gu, escaped)}'` : `'${quoted}'`
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`
}
