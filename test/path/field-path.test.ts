import { describe, expect, test } from "vitest"
import { fieldPath } from "../../src/path/field-path.ts"

const same: [field: unknown, steps: (string | number)[]][] = [
  ["fields", []],
  ["fields.address.city", ["address", "city"]],
  ["fields.tags.0", ["tags", 0]],
  ["fields.tags.01", ["tags", "01"]],
  ["fields.tags.-1", ["tags", "-1"]],
  ["fields.IMDB Rating", ["IMDB Rating"]],
  ["fields.x'; drop table records; --", ["x'; drop table records; --"]],
  ["fields.99999999999999999999", [2 ** 31 - 1]],
  [["fields"], []],
  [
    ["fields", "a.b", "0", 0, -1, ""],
    ["a.b", "0", 0, -1, ""],
  ],
  ["fields->>'name'", ["name"]],
  ["fields->'address'->>'city'", ["address", "city"]],
  ["fields->'tags'->0", ["tags", 0]],
  ["fields->'tags'->>0", ["tags", 0]],
  ["fields->'it''s'", ["it's"]],
  ["fields->''", [""]],
  ["fields->'0'", ["0"]],
  ["fields->'->>''x'''", ["->>'x'"]],
  ["fields#>>'{address,city}'", ["address", "city"]],
  ["fields#>'{tags,0}'", ["tags", 0]],
  [`fields#>>'{"0","a,b","q\\"q"}'`, ["0", "a,b", 'q"q']],
  ["fields#>>'{01,it''s,NULL}'", ["01", "it's", "NULL"]],
  ["fields#>>'{}'", []],
]

const refused: unknown[] = [
  "name",
  "",
  "fields.",
  "fields..x",
  "fields.x.",
  ".fields",
  "Fields.x",
  "fieldsx",
  "id.x",
  "fields ->> 'name'",
  "fields->> 'name'",
  "fields->>'name' or 1=1",
  "fields->>'name'::int",
  "fields->>'a'->'b'",
  "fields->-1",
  "fields->'a",
  "fields->a",
  "fields->01",
  "fields#>>'{a, b}'",
  "fields#>>'{-1}'",
  "fields#>>'{a,}'",
  "fields#>>'{a}'->'b'",
  "fields.a\u0000",
  "fields.\ud800",
  ["fields", ...Array.from({ length: 501 }, () => "a")],
  ["fields", 1.5],
  ["fields", Number.NaN],
  ["fields", null],
  ["fields", ["a"]],
  ["id", "x"],
  ["name"],
  [],
  null,
  undefined,
  3,
  {},
]

describe("a field", () => {
  test.each(same)("%j names %j", (field, steps) => {
    expect(fieldPath(field)).toEqual({ column: "fields", steps })
  })

  test.each(["id", "revision", "createdAt", "updatedAt"])("%s is a column", (column) => {
    expect(fieldPath(column)).toEqual({ column })
    expect(fieldPath([column])).toEqual({ column })
  })

  test.each(refused.map((field) => [field]))("%j names nothing, and the reason is said", (field) => {
    expect(fieldPath(field)).toEqual({ fault: expect.stringMatching(/\w{3}/) })
  })
})
