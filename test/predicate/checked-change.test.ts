import { expect, test } from "vitest"
import { increment, merge, multiply, pull, push, RawJson, rename, set, unset } from "../../src/index.ts"
import { checkedChanges } from "../../src/predicate/checked-change.ts"

const hole: unknown[] = []
hole.length = 1

const deep = ["fields", ...Array.from({ length: 51 }, () => "k")] as const
let nested: object = {}
for (let level = 0; level < 50; level += 1) nested = { n: nested }

test.each<[what: string, changes: unknown, pointer: string]>([
  ["no list", { change: "set" }, ""],
  ["null", null, ""],
  ["no change at all", [], ""],
  ["more changes than a statement has steps for", Array.from({ length: 501 }, () => set("fields.a", 1)), ""],
  ["more steps than a statement has room for", Array.from({ length: 401 }, () => set("fields.a.b.c.d.e", 1)), ""],
  ["a path that is too deep", [set(deep, 1)], "/0/field"],
  ["a merge that is too deep", [merge("fields", nested)], `/0/value${"/n".repeat(50)}`],
  ["a hole", hole, "/0"],
  ["a change that is none", ["set"], "/0"],
  ["an unknown change", [{ change: "append", field: "fields.a", value: 1 }], "/0/change"],
  ["a change by the name of a prototype's key", [{ change: "constructor", field: "fields.a", value: 1 }], "/0/change"],
  ["an unknown key", [set("fields.a", 1), { change: "set", field: "fields.a", value: 1, by: 2 }], "/1/by"],
  ["a key of one change in another", [{ change: "set", field: "fields.a", value: 1, to: "b" }], "/0/to"],
  ["no field", [{ change: "set", value: 1 }], "/0/field"],
  ["a field that names nothing", [{ change: "set", field: "name", value: 1 }], "/0/field"],
  ["a column", [{ change: "set", field: "revision", value: 1 }], "/0/field"],
  ["a NUL in a key", [set(["fields", "a\u0000"], 1)], "/0/field"],
  ["SQL behind a path", [set("fields->>'a' = 'x'", 1)], "/0/field"],
  ["no value", [{ change: "set", field: "fields.a" }], "/0/value"],
  ["undefined", [set("fields.a", undefined)], "/0/value"],
  ["undefined in a list", [set("fields.a", [undefined])], "/0/value/0"],
  ["NaN", [set("fields.a", { b: Number.NaN })], "/0/value/b"],
  ["a NUL", [push("fields.a", "x\u0000")], "/0/value"],
  ["a lone surrogate", [merge("fields.a", { k: "\ud800" })], "/0/value/k"],
  ["a bigint in a document", [set("fields.a", 1n)], "/0/value"],
  ["a function", [pull("fields.a", () => 1)], "/0/value"],
  ["null as the fields", [set("fields", null)], "/0/value"],
  ["raw null as the fields", [set("fields", new RawJson(" null "))], "/0/value"],
  ["raw JSON that is none", [set("fields.a", { b: new RawJson("{") })], "/0/value/b"],
  ["a merge of raw JSON that is too deep", [merge("fields", { a: new RawJson(`${'{"n":'.repeat(60)}1${"}".repeat(60)}`) })], `/0/value/a${"/n".repeat(49)}`],
  ["unset of the fields", [unset("fields")], "/0/field"],
  ["unset with a value", [{ change: "unset", field: "fields.a", value: 1 }], "/0/value"],
  ["an increment by text", [increment("fields.a", "1" as never)], "/0/value"],
  ["an increment by an infinity", [increment("fields.a", Number.POSITIVE_INFINITY)], "/0/value"],
  ["an increment by raw JSON that is no number", [increment("fields.a", new RawJson('"1"'))], "/0/value"],
  ["an increment by raw JSON that is no JSON", [increment("fields.a", new RawJson("01"))], "/0/value"],
  ["an increment by too many digits", [increment("fields.a", new RawJson("1e65536"))], "/0/value"],
  ["a product with too many behind the point", [multiply("fields.a", new RawJson("1e-8192"))], "/0/value"],
  ["an increment by nothing", [{ change: "increment", field: "fields.a" }], "/0/value"],
  ["a number of too many digits", [multiply("fields.a", 10n ** 70_000n)], "/0/value"],
  ["a rename of an element", [rename("fields.a.0", "b")], "/0/field"],
  ["a rename of the fields", [rename("fields", "b")], "/0/field"],
  ["a rename to itself", [rename("fields.a", "a")], "/0/to"],
  ["a rename to no key", [{ change: "rename", field: "fields.a" }], "/0/to"],
  ["a rename to a NUL", [rename("fields.a", "\u0000")], "/0/to"],
  ["a rename with a value", [{ change: "rename", field: "fields.a", to: "b", value: 1 }], "/0/value"],
  ["a merge of a list", [merge("fields.a", [1])], "/0/value"],
  ["a merge of a Date", [merge("fields.a", new Date(0))], "/0/value"],
  ["a merge of null", [{ change: "merge", field: "fields.a", value: null }], "/0/value"],
])("%s is refused at its place", (_, changes, pointer) => {
  expect(() => checkedChanges(changes, "")).toThrow(expect.objectContaining({ name: "InvalidRecordError", code: "invalid_record", pointer }))
  expect(() => checkedChanges(changes, "/7/changes")).toThrow(expect.objectContaining({ pointer: `/7/changes${pointer}` }))
})

test("what makes a change is looked at once", () => {
  let asked = 0
  const change = {
    change: "set",
    field: "fields.a",
    get value() {
      asked += 1
      return asked
    },
  }
  expect(checkedChanges([change], "")).toMatchObject([{ value: "1" }])
})
