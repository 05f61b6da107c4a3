import { describe, expect, test } from "vitest"
import { defineRecords, filter, type LooseQuery, not, or } from "../../src/index.ts"
import { candidates, isPrefix, newCandidates } from "../../src/operations/candidate.ts"
import { indexEntry, spelled } from "../../src/operations/index-entry.ts"
import { checkedQuery } from "../../src/predicate/checked-query.ts"

describe("what could be built for a query", () => {
  test.each<[string, LooseQuery, object[][]]>([
    [
      "equal, then a range",
      { filters: [filter("fields.a", "=", 1), filter("fields.b", ">", 2)] },
      [[{ fields: ["fields.a", "fields.b"] }], [{ field: "fields.a" }], [{ field: "fields.b" }]],
    ],
    [
      "equal, then the order, where there is a limit",
      { filters: [filter("fields.a", "in", [1, 2])], sort: [{ field: "fields.b", order: "desc", nulls: "last" }], limit: 3 },
      [
        [{ fields: ["fields.a", { field: "fields.b", order: "desc", nulls: "last" }] }],
        [{ field: "fields.a" }],
        [{ field: "fields.b", order: "desc", nulls: "last" }],
      ],
    ],
    ["no order where there is no limit", { sort: [{ field: "fields.b" }] }, []],
    ["a column", { filters: [filter("createdAt", ">", new Date(0))] }, [[{ field: "createdAt" }]]],
    ["no value", { filters: [filter("fields.a", "not_exists")] }, [[{ field: "fields.a" }]]],
    ["a pattern", { filters: [filter("fields.a", "like", "x%y")] }, [[{ kind: "text", field: "fields.a" }], [{ kind: "trigram", field: "fields.a" }]]],
    ["an array", { filters: [filter("fields.a", "contains", 1)] }, [[{ kind: "array", field: "fields.a" }]]],
    [
      "an or, of which each branch needs one",
      { filters: [or(filter("fields.a", "=", 1), filter("fields.b", "includes", "x"))] },
      [[{ field: "fields.a" }, { kind: "trigram", field: "fields.b" }]],
    ],
    ["an or with a branch that none serves", { filters: [or(filter("fields.a", "=", 1), filter("fields.b", "!=", 1))] }, []],
    ["negatives", { filters: [filter("fields.a", "!=", 1), not(filter("fields.a", "=", 1)), filter("fields.a", "not_like", "x%")] }, []],
    [
      "what is looked up record by record",
      { filters: [filter("fields.a", "any", filter("", "=", 1)), filter("fields.a", "size", 1), filter("fields.a", "type", "string")] },
      [],
    ],
    ["the primary key", { filters: [filter("id", "=", "x")], sort: [{ field: "id" }], limit: 1 }, []],
  ])("%s", (_, query, entries) => {
    expect(candidates(checkedQuery(query)).map((indexes) => indexes.map(indexEntry))).toEqual(entries)
  })
})

describe("what could be built beside what is declared", () => {
  const either = { filters: [or(filter("fields.a", "=", 1), filter("fields.b", "starts_with", "x"))] }
  const text = { kind: "text", field: "fields.b" } as const
  const records = (indexes: readonly object[], gin: boolean) => defineRecords({ gin, indexes: indexes as never })

  test.each<[string, LooseQuery, object[], object[][]]>([
    ["not the same in the other direction, for a condition", { filters: [filter("fields.a", ">", 1)] }, [{ field: "fields.a", order: "desc" }], []],
    ["nor for a sort", { sort: [{ field: "fields.a", order: "desc" }], limit: 1 }, [{ field: "fields.a" }], []],
    [
      "nor where no values stand at the other end",
      { sort: [{ field: "fields.a", order: "desc", nulls: "last" }], limit: 1 },
      [{ field: "fields.a", nulls: "first" }],
      [],
    ],
    [
      "but where only one of two directions differs",
      { sort: [{ field: "fields.a" }, { field: "fields.b", order: "desc" }], limit: 1 },
      [{ fields: ["fields.a", "fields.b"] }],
      [[{ fields: ["fields.a", { field: "fields.b", order: "desc" }] }]],
    ],
    ["for an or, what its other branch needs", either, [{ field: "fields.a", order: "desc" }], [[text]]],
    ["or the wider one of both", either, [{ fields: ["fields.a", "fields.c"] }], [[text], [{ field: "fields.a" }, text]]],
    ["a unique index serves a branch", either, [{ field: "fields.a", unique: true }], [[text], [{ field: "fields.a" }, text]]],
    ["a partial one does not", either, [{ field: "fields.a", where: filter("fields.c", "=", 1) }], [[{ field: "fields.a" }, text]]],
    [
      "of a sort and a range, the direction of the sort",
      { filters: [filter("fields.a", ">", 1)], sort: [{ field: "fields.a", order: "desc" }], limit: 1 },
      [],
      [[{ field: "fields.a", order: "desc" }]],
    ],
  ])("%s", (_, query, indexes, entries) => {
    expect(newCandidates(checkedQuery(query), records(indexes, false)).map((all) => all.map(indexEntry))).toEqual(entries)
  })

  test("the GIN serves a branch too", () => {
    expect(newCandidates(checkedQuery(either), records([], true)).map((all) => all.map(indexEntry))).toEqual([[text], [{ field: "fields.a" }, text]])
  })
})

test("an entry is one that a definition takes, whatever the keys are", () => {
  const paths = ["a", "a.b", "", "0", "01", "-1", "__proto__", "a'b", 'a"b', "ü"]
  for (const step of paths) {
    const [[index] = []] = candidates(checkedQuery({ filters: [{ field: ["fields", step], operator: "=", value: 1 }] }))
    const entry = index === undefined ? {} : indexEntry(index)
    expect(defineRecords({ indexes: [entry as never] }).indexes[0]?.keys[0]?.path).toEqual({ column: "fields", steps: [step] })
  }
  expect(spelled({ column: "fields", steps: ["tags", 0] })).toBe("fields.tags.0")
  expect(spelled({ column: "fields", steps: ["tags", -1] })).toEqual(["fields", "tags", -1])
})

test("an index is superfluous when its keys come first in the other one, whichever way round the whole of it is", () => {
  const [one, two, down, unique, partial, text] = defineRecords<{ a: string; b: number }>({
    indexes: [
      { field: "fields.a" },
      { fields: ["fields.a", "fields.b"] },
      { field: "fields.a", order: "desc" },
      { field: "fields.a", unique: true },
      { field: "fields.a", where: filter("fields.b", "=", 1) },
      { kind: "text", field: "fields.a" },
    ],
  }).indexes
  const wide = two ?? expect.unreachable()
  expect([one, two, down, unique, partial, text].map((index) => isPrefix(index ?? wide, wide))).toEqual([true, false, true, false, false, false])
})
