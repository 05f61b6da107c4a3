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
const stored = 'insert into "public"."records" ("id", "fields", "metadata") select "given"."id", "given"."fields", "given"."metadata" '
const given = "from jsonb_to_recordset($1::jsonb) as given(id uuid, fields jsonb, metadata jsonb)"
const replaced =
  'on conflict ("id") do update set "fields" = "excluded"."fields", "metadata" = "excluded"."metadata", "updated_at" = "excluded"."updated_at", "revision" = "records"."revision" + 1'

describe("a batch has one text of a statement, and one parameter", () => {
  test.each([
    ["createBatch", createBatchStatement(unconnected, records, "[]"), stored + given],
    ["skip", skipBatchStatement(unconnected, records, "[]"), `${stored}${given} on conflict ("id") do nothing returning "id" as "id"`],
    ["replace", replaceBatchStatement(unconnected, records, "[]"), `${stored}${given} ${replaced}`],
    [
      "replaceIfRevision",
      replaceIfRevisionStatement(unconnected, records, "[]"),
      'insert into "public"."records" ("id", "fields", "metadata", "revision") select "given"."id", "given"."fields", "given"."metadata", given.revision + 1 as "revision" ' +
        `from jsonb_to_recordset($1::jsonb) as given(id uuid, fields jsonb, metadata jsonb, revision bigint) ${replaced} ` +
        'where coalesce("records"."revision", 0) = "excluded"."revision" - 1 returning "id" as "id"',
    ],
    [
      "updateBatch",
      updateBatchStatement(unconnected, records, "[]"),
      'update "public"."records" set "fields" = coalesce(given.fields, "records"."fields"), ' +
        '"metadata" = case when given.has_metadata then given.metadata else "records"."metadata" end, "revision" = "revision" + 1, "updated_at" = now() ' +
        "from jsonb_to_recordset($1::jsonb) as given(id uuid, fields jsonb, metadata jsonb, has_metadata boolean, expected_revision bigint) " +
        'where "records"."id" = given.id and coalesce(given.expected_revision = coalesce("records"."revision", 0), true) returning "records"."id" as "id"',
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
    expect(compiled.parameters).toHaveLength(1)
  })
})
