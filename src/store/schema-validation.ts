import type { StandardSchemaV1 } from "@standard-schema/spec"
import type { DocumentSchemas } from "../definition/record-schemas.ts"
import { InvalidRecordError, type RecordIssue, StoredRecordError, shownPointer } from "../errors.ts"
import { child, type JsonPointer, pointerText } from "../json/json-pointer.ts"
import { jsonText } from "../json/json-text.ts"
import { rawJsonIssues } from "./raw-json-validation.ts"
import { type SchemaIssue, schemaIssue } from "./schema-issue.ts"

/** The documents of a record by their names, as somebody gave them. */
export interface Documents {
  readonly fields?: unknown
  readonly metadata?: unknown
}

/**
 * What is to be written, with its documents as the schemas make them. A document that is left out stays as it is, and so does
 * metadata that is `null`.
 *
 * @throws InvalidRecordError with everything that the schemas say against them.
 */
export async function validDocuments<G extends Documents>(given: G, pointer: JsonPointer, schemas: DocumentSchemas): Promise<G> {
  const { valid, issues: found } = await validated(given, schemas)
  const issues = recordIssues(found, pointer)
  const [first] = issues
  if (first !== undefined) throw new InvalidRecordError(first.pointer, refusal("what is given", issues), { issues })
  return { ...given, ...valid }
}

/**
 * A stored record with its documents as they would be stored if it were written again.
 *
 * @throws StoredRecordError when the schemas would refuse it.
 */
export async function fittingRecord<R extends Documents & { readonly id: string }>(record: R, schemas: DocumentSchemas): Promise<R> {
  const { valid, issues: found } = await validated(record, schemas)
  const issues = recordIssues(found, "")
  const stored = Object.entries(valid).map(([name, document]) => [name, storedForm(document, child("", name), issues)])
  if (issues.length > 0) throw new StoredRecordError(record.id, refusal("what is stored", issues), issues)
  return { ...record, ...Object.fromEntries(stored) }
}

/** What the schemas say against documents, each with the way from the root of the record; `[]` when nothing. */
export async function schemaIssues(documents: Documents, schemas: DocumentSchemas): Promise<SchemaIssue[]> {
  return (await validated(documents, schemas)).issues
}

async function validated(documents: Documents, schemas: DocumentSchemas): Promise<{ valid: Documents; issues: SchemaIssue[] }> {
  const valid: [name: string, value: unknown][] = []
  const issues: SchemaIssue[] = []
  for (const [name, document] of [["fields", documents.fields] as const, ["metadata", documents.metadata] as const]) {
    const schema = schemas[name]
    if (schema === undefined || document === undefined || (document === null && name === "metadata")) continue
    const result = await schema["~standard"].validate(document)
    if (result.issues === undefined) valid.push([name, result.value ?? null])
    const found = result.issues === undefined ? await rawJsonIssues(document, result.value, schema) : refusals(result.issues)
    for (const { path, message } of found) issues.push({ path: [name, ...path], message })
  }
  return { valid: Object.fromEntries(valid), issues }
}

// Whoever gives a list of issues has refused it, also when the list is empty.
function refusals(issues: readonly StandardSchemaV1.Issue[]): readonly SchemaIssue[] {
  return issues.length > 0 ? issues.map(schemaIssue) : [{ path: [], message: "the schema does not take it, and does not say why" }]
}

function recordIssues(issues: readonly SchemaIssue[], pointer: JsonPointer): RecordIssue[] {
  return issues.map(({ path, message }) => ({ pointer: pointerText(path.reduce<JsonPointer>(child, pointer)), message }))
}

// A Date that a schema has made of a string is a string again.
function storedForm(document: unknown, pointer: JsonPointer, issues: RecordIssue[]): unknown {
  const refuse = (place: JsonPointer, message: string): never => {
    issues.push({ pointer: pointerText(place), message })
    throw UNSTORABLE
  }
  try {
    return JSON.parse(jsonText(document, { pointer, refuse, bigint: "refused" }))
  } catch (error) {
    if (error === UNSTORABLE) return undefined
    throw error
  }
}

const UNSTORABLE = new Error("a schema gave what JSON cannot hold")

const SHOWN_POINTERS = 5

// Their own messages may quote what they refuse.
function refusal(what: string, issues: readonly RecordIssue[]): string {
  const pointers = [...new Set(issues.map(({ pointer }) => pointer))]
  const more = pointers.length > SHOWN_POINTERS ? ` and ${pointers.length - SHOWN_POINTERS} more` : ""
  return `the schema does not take ${what} at ${pointers.slice(0, SHOWN_POINTERS).map(shownPointer).join(", ")}${more}: \`issues\` has what it says`
}
