import type { CheckedChange } from "../predicate/checked-change.ts"
import { changedDocument } from "./changed-document.ts"

/**
 * The SQL of a document after all of the changes to it, one after the other: one row with `document`, which is SQL NULL
 * when one of them cannot apply, and with `failed`, the position of that one, or SQL NULL.
 *
 * Each change is a step of its own, because it mentions the document several times: nested into each other they would be
 * a text that doubles with every change. `materialized` keeps PostgreSQL from putting them into each other again.
 *
 * @example
 * patchedDocument(checkedChanges([unset("fields.age")], ""), '"found"."fields"', '"given"."values"')
 * // with "step_0" as materialized (select "found"."fields" as "document", 0 as "tried"), "step_1" as materialized (...) select ...
 */
export function patchedDocument(changes: readonly CheckedChange[], start: string, values: string): string {
  const steps = changes.map((change, index) => {
    const changed = changedDocument({ change, document: DOCUMENT, operand: `${values}->${change.position}` })
    return `"step_${index + 1}" as materialized (select case when ${DOCUMENT} is not null then ${changed} end as ${DOCUMENT}, ${tried(change)} as "tried" from "step_${index}")`
  })
  const all = [`"step_0" as materialized (select ${start} as ${DOCUMENT}, 0 as "tried")`, ...steps]
  return `with ${all.join(", ")} select ${DOCUMENT}, case when ${DOCUMENT} is null then "tried" end as "failed" from "step_${changes.length}"`
}

const DOCUMENT = '"document"'

// Where the document is NULL already, the change that failed is the one that was tried last.
function tried({ position }: CheckedChange): string {
  return `case when ${DOCUMENT} is null then "tried" else ${position} end`
}
