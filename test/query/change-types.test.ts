import { expectTypeOf, test } from "vitest"
import { RawJson } from "../../src/json/raw-json.ts"
import { type Change, increment, merge, multiply, pull, push, pushUnique, rename, set, unset } from "../../src/query/change.ts"
import type { JsonObject, RecordShape } from "../../src/query/field.ts"

interface Person {
  name: string
  age?: number
  visits: number
  nickname: string | null
  alias?: string
  title?: string
  address: { city: string; zip?: string; postcode?: string; "a.b"?: number }
  tags: string[]
  scores: readonly [number, string]
  born?: Date
  mixed: string | number | { deep?: number }
  children: Person[]
  extra: Record<string, number>
  anything: unknown
}
interface Source {
  version: string
  old?: boolean
}

// As the methods of a database take them.
declare function patch(changes: readonly Change<RecordShape<Person, Source>>[]): void
declare function patchAny(changes: readonly Change<RecordShape<JsonObject, JsonObject>>[]): void
// biome-ignore lint/suspicious/noExplicitAny: what users write who want no checks
declare function patchUnchecked(changes: readonly Change<RecordShape<any, any>>[]): void

// Checked by the compiler alone: the functions are never called.
const accepted = (): void => {
  patch([
    set("fields.address.zip", "NW1"),
    set("fields.nickname", null),
    set("fields.age", 3),
    set("fields.born", new Date(0)),
    set("fields.tags.0", "x"),
    set(["fields", "tags", -1], "x"),
    set(["fields", "address", "a.b"], 1),
    set("fields->'address'->>'city'", "Oslo"),
    set("fields#>>'{address,city}'", "Oslo"),
    set("fields.extra.whatever", 3),
    set("fields.anything", { x: [null] }),
    set("fields.anything.below", 1),
    set("fields.age", new RawJson("1.50")),
    set("fields.address", { city: new RawJson('"Oslo"') }),
    push("fields.tags", new RawJson('"x"')),
    merge("fields.address", { city: new RawJson('"Oslo"') }),
    set("fields.children.0.address.city", "Oslo"),
    set("fields.address", { city: "Oslo" }),
    set("metadata", { version: "3" }),
    set("metadata.version", "3"),
    unset("fields.age"),
    unset("fields.address.zip"),
    unset("fields.tags.0"),
    unset(["fields", "tags", -1]),
    unset("fields.children.0.age"),
    unset("fields.extra.whatever"),
    unset("fields.mixed.deep"),
    unset("fields.anything.below"),
    unset("metadata.old"),
    unset("metadata"),
    unset("fields->>'age'"),
    increment("fields.age", 1),
    increment("fields.visits", -1.5),
    increment("fields.visits", 2n ** 60n),
    increment("fields.visits", new RawJson("0.1000000000000000000001")),
    increment("fields.extra.whatever", 1),
    increment("fields.mixed", 1),
    increment("fields.scores.0", 1),
    increment("fields.anything", 1),
    increment("fields->>'age'", 1),
    multiply("fields.visits", 2),
    push("fields.tags", "new"),
    pushUnique("fields.tags", "new"),
    pull("fields.tags", "old"),
    push("fields.anything", 1),
    push(["fields", "tags"], "new"),
    rename("fields.alias", "title"),
    rename("fields.address.zip", "postcode"),
    rename("fields.extra.a", "b"),
    merge("fields", { name: "Ada", age: null, address: { zip: null, city: "Oslo" }, nickname: "A" }),
    merge("fields.address", { zip: "1" }),
    merge("fields.extra", { a: 1, b: null }),
    merge("metadata", { old: null }),
    { change: "set", field: "fields.age", value: 3 },
    { change: "unset", field: "fields.age" },
    { change: "increment", field: "fields.age", value: 1n },
    { change: "push", field: "fields.tags", value: "x" },
    { change: "rename", field: "fields.alias", to: "title" },
    { change: "merge", field: "fields.address", value: { zip: null } },
    { change: "set", field: ["fields", "address", "a.b"], value: 3 },
    { change: "unset", field: "fields->>'age'" },
  ])
  const apart = set("fields.age", 3)
  const more = [push("fields.tags", "x"), unset("fields.age"), rename("fields.alias", "title"), merge("fields.address", { zip: null })]
  patch([apart, ...more])
  const kept: Change<RecordShape<Person, Source>> = increment("fields.age", 1)
  patch([kept])
  patchAny([set("fields.a.b", 1), unset("fields.x"), increment("fields.n", 1), push("fields.l", "x"), rename("fields.a", "b"), merge("fields", { a: null })])
  patchAny([
    { change: "set", field: "fields.a", value: [1] },
    { change: "unset", field: "metadata.x" },
  ])
  patchUnchecked([
    set("fields.a.b", 1),
    unset("fields.x"),
    increment("fields.n", 1),
    push("fields.l", "x"),
    rename("fields.a", "b"),
    merge("fields", { a: null }),
  ])
}

const refused = (): void => {
  patch([
    set(
      // @ts-expect-error no such field, at that word
      "fields.agee",
      3,
    ),
    set(
      "fields.age",
      // @ts-expect-error a string where a number stands, at that word
      "3",
    ),
    // @ts-expect-error the type has no null there
    set("fields.name", null),
    // @ts-expect-error undefined is no value
    set("fields.age", undefined),
    // @ts-expect-error a column is no document
    set("revision", 3),
    // @ts-expect-error an element of another type
    set("fields.tags.0", 3),
    // @ts-expect-error not in the SQL spelling either
    set("fields->>'nam'", "x"),
    // @ts-expect-error no such key in a list
    set(["fields", "nam"], "x"),
    unset(
      // @ts-expect-error the type says that there is always a name
      "fields.name",
    ),
    // @ts-expect-error and a version in metadata
    unset("metadata.version"),
    // @ts-expect-error a required key of an element
    unset("fields.children.0.name"),
    // @ts-expect-error a record has fields
    unset("fields"),
    // @ts-expect-error a tuple keeps its length
    unset("fields.scores.0"),
    // @ts-expect-error not in the SQL spelling either
    unset("fields->>'name'"),
    increment(
      // @ts-expect-error text is no number, at that word
      "fields.name",
      1,
    ),
    increment(
      "fields.age",
      // @ts-expect-error a string is no number
      "1",
    ),
    // @ts-expect-error not in the SQL spelling either
    increment("fields->>'name'", 1),
    push(
      // @ts-expect-error text is no array, at that word
      "fields.name",
      "x",
    ),
    push(
      "fields.tags",
      // @ts-expect-error an element of another type, at that word
      3,
    ),
    // @ts-expect-error a tuple keeps its length
    push("fields.scores", 3),
    rename(
      // @ts-expect-error there is always a name
      "fields.name",
      "title",
    ),
    rename(
      "fields.address.zip",
      // @ts-expect-error no such key in that object
      "title",
    ),
    rename(
      "fields.age",
      // @ts-expect-error that key holds text
      "title",
    ),
    merge(
      // @ts-expect-error text is no object
      "fields.name",
      {},
    ),
    // @ts-expect-error no such key
    merge("fields.address", { town: "x" }),
    // @ts-expect-error there is always a city
    merge("fields.address", { city: null }),
    // @ts-expect-error a plain object is checked too
    { change: "set", field: "fields.agee", value: 3 },
    // @ts-expect-error and so is its value
    { change: "set", field: "fields.age", value: "x" },
    // @ts-expect-error and what may be unset
    { change: "unset", field: "fields.name" },
    // @ts-expect-error an unknown change
    { change: "append", field: "fields.tags", value: "x" },
  ])
  const apart = set("fields.age", "x")
  // @ts-expect-error made outside, checked where it is used
  patch([apart])
}

test("what is accepted and refused is checked by the compiler", () => {
  expectTypeOf(accepted).returns.toEqualTypeOf<void>()
  expectTypeOf(refused).returns.toEqualTypeOf<void>()
})
