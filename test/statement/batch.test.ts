import { describe, expect, test } from "vitest"
import { defineRecords } from "../../src/index.ts"
import {
  createBatchStatement,
  deleteBatchStatement,
  readBatchStatement,
  replaceBatchStatement,
  replaceIfRevisionStatement,
  skipBatchStatement,
  updateBatchStatement,
} from "../../src/statement/batch.ts"
import { unconnected } from "../../src/statement/records-tables.ts"

const records = defineRecords()
const rows = { ids: [], fields: "[]", metadata: "[]", revisions: [] }
const documents = `given.id as "id", given.fields as "fields", nullif(given.metadata, 'null') as "metadata"`
const stored = `insert into "public"."records" ("id", "fields", "metadata") select ${documents} `
const lists = "unnest($1::uuid[]), jsonb_array_elements($2::jsonb), jsonb_array_elements($3::jsonb)"
const given = `from rows from (${lists}) as given(id, fields, metadata)`
const replaced =
  'on conflict ("id") do update set "fields" = "excluded"."fields", "metadata" = "excluded"."metadata", "updated_at" = "excluded"."updated_at", "revision" = "records"."revision" + 1'

describe("a batch has one text of a statement, and a parameter for all that its records have of one kind", () => {
  test.each([
    ["createBatch", createBatchStatement(unconnected, records, rows), stored + given],
    ["skip", skipBatchStatement(unconnected, records, rows), `${stored}${given} on conflict ("id") do nothing returning "id" as "id"`],
    ["replace", replaceBatchStatement(unconnected, records, rows), `${stored}${given} ${replaced}`],
    [
      "replaceIfRevision",
      replaceIfRevisionStatement(unconnected, records, rows),
      `insert into "public"."records" ("id", "fields", "metadata", "revision") select ${documents}, given.revision + 1 as "revision" ` +
        `from rows from (${lists}, unnest($4::bigint[])) as given(id, fields, metadata, revision) ${replaced} ` +
        'where coalesce("records"."revision", 0) = "excluded"."revision" - 1 returning "id" as "id"',
    ],
    [
      "updateBatch",
      updateBatchStatement(unconnected, records, "[]"),
      'update "public"."records" as "kept" set "fields" = coalesce(given.fields, "kept"."fields"), ' +
        '"metadata" = case when given.has_metadata then given.metadata else "kept"."metadata" end, "revision" = "kept"."revision" + 1, "updated_at" = now() ' +
        "from jsonb_to_recordset($1::jsonb) as given(id uuid, fields jsonb, metadata jsonb, has_metadata boolean, expected_revision bigint) " +
        'where "kept"."id" = given.id and coalesce(given.expected_revision = coalesce("kept"."revision", 0), true) returning "kept"."id" as "id"',
    ],
    ["deleteBatch", deleteBatchStatement(unconnected, records, ["a"]), 'delete from "public"."records" where "id" = any($1::uuid[]) returning "id" as "id"'],
    [
      "readBatch",
      readBatchStatement(unconnected, records, ["a", "b"]),
      'select "id", "fields", "metadata", "revision", "created_at", "updated_at" from "public"."records" where "id" = any($1::uuid[])',
    ],
  ])("%s", (_, statement, text) => {
    const compiled = statement.compile()
    expect(compiled.sql).toBe(text)
    expect(compiled.parameters).toHaveLength(Math.max(...[...compiled.sql.matchAll(/\$(\d)/g)].map(([, place]) => Number(place))))
  })
})
