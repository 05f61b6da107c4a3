import type { Drift } from "../operations/drift.ts"
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

/**
 * What does not fit for people: a line for all, and one for each place. No value of a record stands in it.
 *
 * @example
 * driftText({ records: 3, unfit: 1, others: 0, issues: [{ pointer: "/fields/age", found: "string", message: "", records: 1, ids: [b] }] })
 * // 1 of 3 records do not fit ... /fields/age: string: 1 (...)
 */
export function driftText({ records, unfit, others, issues }: Drift): string {
  if (unfit === 0) return `all ${records} records fit`
  return [
    `${unfit} of ${records} records do not fit`,
    "",
    ...issues.map(({ pointer, found, records, ids }) => `${pointer}: ${found}: ${records} (${ids.join(", ")}${records > ids.length ? ", ..." : ""})`),
    ...(others === 0 ? [] : [`other places: ${others}`]),
  ].join("\n")
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
