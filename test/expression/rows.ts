import { RawJson } from "../../src/index.ts"

/** One row: a condition, the SQL it becomes, the parameters, and the records it finds. Read once for the SQL, once on every database. */
export interface Row {
  condition: object
  sql: string
  parameters: unknown[]
  found: string
}

/** Documents of every kind under `v`; each record is named by one letter. Letters without a document: no metadata. */
export const documents: Record<string, { fields: unknown; metadata?: unknown }> = {
  a: { fields: { v: "apple", w: { x: [1, "two"] } }, metadata: { version: "2.1" } },
  b: { fields: { v: "30" }, metadata: { version: 2 } },
  c: { fields: { v: 30 }, metadata: {} },
  d: { fields: { v: 30.5, "a.b": 1 } },
  e: { fields: { v: true } },
  f: { fields: { v: null } },
  g: { fields: {} },
  h: { fields: { v: ["apple", 30] } },
  i: { fields: { v: { x: 1 } } },
  j: { fields: { v: [] } },
  k: { fields: { v: "" } },
  l: { fields: { v: "100%\\'\"" } },
  m: { fields: [1, "apple"], metadata: null },
  n: { fields: "apple", metadata: "apple" },
}

const V = `"fields"->'v'`
const value = `coalesce(${V}, 'null')`
const string = `coalesce(jsonb_typeof(${V}) = 'string', false)`
const number = `coalesce(jsonb_typeof(${V}) = 'number', false)`

const v = (operator: string, operand?: unknown): object => ({ field: "fields.v", operator, ...(operand === undefined ? {} : { value: operand }) })

export const rows: Row[] = [
  // Equality: containment below keys, so that a GIN index serves it; whole values elsewhere.
  { condition: v("=", "apple"), sql: `"fields" @> $1::jsonb`, parameters: ['{"v":"apple"}'], found: "a" },
  { condition: v("=", 30), sql: `"fields" @> $1::jsonb`, parameters: ['{"v":30}'], found: "c" },
  { condition: v("=", "30"), sql: `"fields" @> $1::jsonb`, parameters: ['{"v":"30"}'], found: "b" },
  { condition: v("=", true), sql: `"fields" @> $1::jsonb`, parameters: ['{"v":true}'], found: "e" },
  { condition: v("=", ["apple", 30]), sql: `${value} = $1::jsonb`, parameters: ['["apple",30]'], found: "h" },
  { condition: v("=", { x: 1 }), sql: `${value} = $1::jsonb`, parameters: ['{"x":1}'], found: "i" },
  { condition: v("=", []), sql: `${value} = $1::jsonb`, parameters: ["[]"], found: "j" },
  { condition: { field: "fields", operator: "=", value: "apple" }, sql: `"fields" = $1::jsonb`, parameters: ['"apple"'], found: "n" },
  { condition: { field: "metadata", operator: "=", value: "apple" }, sql: `coalesce("metadata", 'null') = $1::jsonb`, parameters: ['"apple"'], found: "n" },
  {
    condition: { field: "metadata.version", operator: "=", value: "2.1" },
    sql: `("metadata" @> $1::jsonb and "metadata" is not null)`,
    parameters: ['{"version":"2.1"}'],
    found: "a",
  },
  { condition: v("!=", 30), sql: `(${value} <> 'null' and not ${value} = $1::jsonb)`, parameters: ["30"], found: "abdehijkl" },
  { condition: { not: v("=", 30) }, sql: `(not "fields" @> $1::jsonb)`, parameters: ['{"v":30}'], found: "abdefghijklmn" },
  {
    condition: { not: { field: "metadata.version", operator: "=", value: 2 } },
    sql: `(not ("metadata" @> $1::jsonb and "metadata" is not null))`,
    parameters: ['{"version":2}'],
    found: "acdefghijklmn",
  },
  // Orderings: strings as text, numbers as jsonb between the types that stand below and above them.
  { condition: v(">", "2"), sql: `("fields"->>'v' > $1 and ${string})`, parameters: ["2"], found: "ab" },
  { condition: v("<=", "30"), sql: `("fields"->>'v' <= $1 and ${string})`, parameters: ["30"], found: "bkl" },
  { condition: v(">", 30), sql: `(${value} > $1::jsonb and ${value} < 'false')`, parameters: ["30"], found: "d" },
  { condition: v(">=", 30), sql: `(${value} >= $1::jsonb and ${value} < 'false')`, parameters: ["30"], found: "cd" },
  { condition: v("<", 30.5), sql: `(${value} < $1::jsonb and ${number})`, parameters: ["30.5"], found: "c" },
  { condition: v("<=", 30n), sql: `(${value} <= $1::jsonb and ${number})`, parameters: ["30"], found: "c" },
  { condition: { not: v("<", 99) }, sql: `(not (${value} < $1::jsonb and ${number}))`, parameters: ["99"], found: "abefghijklmn" },
  {
    condition: { field: "metadata->>'version'", operator: ">", value: "2.0" },
    sql: `("metadata"->>'version' > $1 and coalesce(jsonb_typeof("metadata"->'version') = 'string', false))`,
    parameters: ["2.0"],
    found: "a",
  },
  { condition: v("between", [30, 31]), sql: `(${value} >= $1::jsonb and ${value} <= $2::jsonb)`, parameters: ["30", "31"], found: "cd" },
  { condition: v("between", ["a", "b"]), sql: `("fields"->>'v' between $1 and $2 and ${string})`, parameters: ["a", "b"], found: "a" },
  { condition: v("between", [31, 30]), sql: `(${value} >= $1::jsonb and ${value} <= $2::jsonb)`, parameters: ["31", "30"], found: "" },
  {
    condition: v("not_between", [30, 30]),
    sql: `(${value} <> 'null' and not (${value} >= $1::jsonb and ${value} <= $2::jsonb))`,
    parameters: ["30", "30"],
    found: "abdehijkl",
  },
  // Lists are one parameter, whatever their length.
  { condition: v("in", [30, "apple", true]), sql: `"fields" @> any($1::jsonb[])`, parameters: [['{"v":30}', '{"v":"apple"}', '{"v":true}']], found: "ace" },
  { condition: v("in", []), sql: `"fields" @> any($1::jsonb[])`, parameters: [[]], found: "" },
  { condition: v("not_in", [30]), sql: `(${value} <> 'null' and not ${value} = any($1::jsonb[]))`, parameters: [["30"]], found: "abdehijkl" },
  { condition: { field: "fields", operator: "in", value: ["apple", 1] }, sql: `"fields" = any($1::jsonb[])`, parameters: [['"apple"', "1"]], found: "n" },
  // Patterns.
  { condition: v("like", "%p%"), sql: `("fields"->>'v' like $1 and ${string})`, parameters: ["%p%"], found: "a" },
  { condition: v("like", "100\\%%"), sql: `("fields"->>'v' like $1 and ${string})`, parameters: ["100\\%%"], found: "l" },
  { condition: v("not_like", "%p%"), sql: `(${value} <> 'null' and not ("fields"->>'v' like $1 and ${string}))`, parameters: ["%p%"], found: "bcdehijkl" },
  { condition: v("regex", "^\\d+$"), sql: `("fields"->>'v' ~ $1 and ${string})`, parameters: ["^\\d+$"], found: "b" },
  { condition: v("starts_with", "100%"), sql: `(starts_with("fields"->>'v', $1) and ${string})`, parameters: ["100%"], found: "l" },
  { condition: v("starts_with", ""), sql: `(starts_with("fields"->>'v', $1) and ${string})`, parameters: [""], found: "abkl" },
  {
    condition: { field: "fields", operator: "like", value: "app%" },
    sql: `("fields"#>>'{}' like $1 and coalesce(jsonb_typeof("fields") = 'string', false))`,
    parameters: ["app%"],
    found: "n",
  },
  { condition: v("ilike", "APP%"), sql: `("fields"->>'v' ilike $1 and ${string})`, parameters: ["APP%"], found: "a" },
  { condition: v("not_ilike", "APP%"), sql: `(${value} <> 'null' and not ("fields"->>'v' ilike $1 and ${string}))`, parameters: ["APP%"], found: "bcdehijkl" },
  { condition: v("not_regex", "^\\d+$"), sql: `(${value} <> 'null' and not ("fields"->>'v' ~ $1 and ${string}))`, parameters: ["^\\d+$"], found: "acdehijkl" },
  { condition: v("ends_with", "%\\'\""), sql: `("fields"->>'v' like $1 and ${string})`, parameters: ["%\\%\\\\'\""], found: "l" },
  { condition: v("includes", "pp"), sql: `("fields"->>'v' like $1 and ${string})`, parameters: ["%pp%"], found: "a" },
  { condition: v("includes", "_"), sql: `("fields"->>'v' like $1 and ${string})`, parameters: ["%\\_%"], found: "" },
  // Kinds: the one place where null and missing differ.
  { condition: v("type", "null"), sql: `coalesce(jsonb_typeof(${V}), 'missing') = any($1::text[])`, parameters: [["null"]], found: "f" },
  {
    condition: v("type", ["missing", "array"]),
    sql: `coalesce(jsonb_typeof(${V}), 'missing') = any($1::text[])`,
    parameters: [["missing", "array"]],
    found: "ghjmn",
  },
  { condition: v("type", []), sql: `coalesce(jsonb_typeof(${V}), 'missing') = any($1::text[])`, parameters: [[]], found: "" },
  {
    condition: { field: "metadata", operator: "type", value: "missing" },
    sql: `coalesce(jsonb_typeof("metadata"), 'missing') = any($1::text[])`,
    parameters: [["missing"]],
    found: "defghijkl",
  },
  // Arrays and objects.
  { condition: v("contains", 30), sql: `"fields" @> $1::jsonb`, parameters: ['{"v":[30]}'], found: "h" },
  { condition: v("contains", ["apple", 30]), sql: `"fields" @> $1::jsonb`, parameters: ['{"v":["apple",30]}'], found: "h" },
  { condition: v("contains", []), sql: `"fields" @> $1::jsonb`, parameters: ['{"v":[]}'], found: "hj" },
  { condition: v("contains", {}), sql: `"fields" @> $1::jsonb`, parameters: ['{"v":{}}'], found: "i" },
  { condition: { field: "fields", operator: "contains", value: "apple" }, sql: `"fields" @> $1::jsonb`, parameters: ['["apple"]'], found: "m" },
  {
    condition: { field: "fields", operator: "contains", value: { w: { x: ["two"] } } },
    sql: `"fields" @> $1::jsonb`,
    parameters: ['{"w":{"x":["two"]}}'],
    found: "a",
  },
  { condition: v("contains_any", ["pear", "apple"]), sql: `"fields" @> any($1::jsonb[])`, parameters: [['{"v":["pear"]}', '{"v":["apple"]}']], found: "h" },
  { condition: v("contains_any", []), sql: `"fields" @> any($1::jsonb[])`, parameters: [[]], found: "" },
  {
    condition: v("size", 2),
    sql: `case when jsonb_typeof(${value}) = 'array' then jsonb_array_length(${value}) = $1::numeric else false end`,
    parameters: ["2"],
    found: "h",
  },
  {
    condition: v("min_size", 0),
    sql: `case when jsonb_typeof(${value}) = 'array' then jsonb_array_length(${value}) >= $1::numeric else false end`,
    parameters: ["0"],
    found: "hj",
  },
  {
    condition: v("max_size", 1e21),
    sql: `case when jsonb_typeof(${value}) = 'array' then jsonb_array_length(${value}) <= $1::numeric else false end`,
    parameters: ["1e+21"],
    found: "hj",
  },
  {
    condition: v("any", { field: "", operator: ">", value: 29 }),
    sql: `exists (select from jsonb_array_elements(case when jsonb_typeof(${value}) = 'array' then ${value} else '[]' end) as "element_1"("value") where ("element_1"."value" > $1::jsonb and "element_1"."value" < 'false'))`,
    parameters: ["29"],
    found: "h",
  },
  {
    condition: { not: { field: "fields.w.x", operator: "any", value: { not: { field: [], operator: "type", value: "number" } } } },
    sql: `(not exists (select from jsonb_array_elements(case when jsonb_typeof(coalesce("fields"->'w'->'x', 'null')) = 'array' then coalesce("fields"->'w'->'x', 'null') else '[]' end) as "element_1"("value") where (not coalesce(jsonb_typeof("element_1"."value"), 'missing') = any($1::text[]))))`,
    parameters: [["number"]],
    found: "bcdefghijklmn",
  },
  // Existence: missing, JSON null and SQL NULL are one thing.
  { condition: v("exists"), sql: `${value} <> 'null'`, parameters: [], found: "abcdehijkl" },
  { condition: v("not_exists"), sql: `${value} = 'null'`, parameters: [], found: "fgmn" },
  { condition: { field: "metadata", operator: "not_exists" }, sql: `coalesce("metadata", 'null') = 'null'`, parameters: [], found: "defghijklm" },
  // Paths: a key is a literal, whatever is in it.
  {
    condition: { field: "fields.w.x.1", operator: "=", value: "two" },
    sql: `coalesce((case when jsonb_typeof("fields"->'w'->'x') = 'array' then "fields"->'w'->'x'->1 end), 'null') = $1::jsonb`,
    parameters: ['"two"'],
    found: "a",
  },
  {
    condition: { field: ["fields", "w", "x", -2], operator: "<", value: 2 },
    sql: `(coalesce((case when jsonb_typeof("fields"->'w'->'x') = 'array' then "fields"->'w'->'x'-> -2 end), 'null') < $1::jsonb and coalesce(jsonb_typeof((case when jsonb_typeof("fields"->'w'->'x') = 'array' then "fields"->'w'->'x'-> -2 end)) = 'number', false))`,
    parameters: ["2"],
    found: "a",
  },
  {
    condition: { field: "fields.v.0", operator: "exists" },
    sql: `coalesce((case when jsonb_typeof(${V}) = 'array' then ${V}->0 end), 'null') <> 'null'`,
    parameters: [],
    found: "h",
  },
  { condition: { field: ["fields", "a.b"], operator: "=", value: 1 }, sql: `"fields" @> $1::jsonb`, parameters: ['{"a.b":1}'], found: "d" },
  {
    condition: { field: ["fields", "x') or 1=1 --"], operator: "exists" },
    sql: `coalesce("fields"->'x'') or 1=1 --', 'null') <> 'null'`,
    parameters: [],
    found: "",
  },
  {
    condition: { field: ["fields", "back\\slash'"], operator: "exists" },
    sql: `coalesce("fields"-> E'back\\\\slash''', 'null') <> 'null'`,
    parameters: [],
    found: "",
  },
  // Groups.
  { condition: { and: [] }, sql: "true", parameters: [], found: "abcdefghijklmn" },
  { condition: { or: [] }, sql: "false", parameters: [], found: "" },
  {
    condition: { or: [v("=", 30), v("=", "30")] },
    sql: `("fields" @> $1::jsonb or "fields" @> $2::jsonb)`,
    parameters: ['{"v":30}', '{"v":"30"}'],
    found: "bc",
  },
  { condition: { not: { or: [v("exists"), { and: [] }] } }, sql: `(not (${value} <> 'null' or true))`, parameters: [], found: "" },
  // Columns.
  { condition: { field: "revision", operator: ">", value: 0.5 }, sql: `("revision" >= $1::bigint)`, parameters: ["1"], found: "abcdefghijklmn" },
  { condition: { field: "revision", operator: "<=", value: 1.5 }, sql: `("revision" <= $1::bigint)`, parameters: ["1"], found: "abcdefghijklmn" },
  { condition: { field: "revision", operator: "<", value: 1n }, sql: `("revision" < $1::bigint)`, parameters: ["1"], found: "" },
  { condition: { field: "revision", operator: "=", value: 1.5 }, sql: "false", parameters: [], found: "" },
  { condition: { field: "revision", operator: "=", value: 10n ** 30n }, sql: "false", parameters: [], found: "" },
  { condition: { field: "revision", operator: "<", value: 1e300 }, sql: "true", parameters: [], found: "abcdefghijklmn" },
  { condition: { field: "revision", operator: ">", value: -1e300 }, sql: "true", parameters: [], found: "abcdefghijklmn" },
  { condition: { field: "revision", operator: "<", value: -1e300 }, sql: "false", parameters: [], found: "" },
  {
    condition: { field: "revision", operator: "between", value: [0.5, 1e300] },
    sql: `("revision" between $1::bigint and $2::bigint)`,
    parameters: ["1", "9223372036854775807"],
    found: "abcdefghijklmn",
  },
  {
    condition: { field: "revision", operator: "in", value: [0.5, 2, 1e300, new RawJson("1.0")] },
    sql: `"revision" = any($1::bigint[])`,
    parameters: [["2", "1"]],
    found: "abcdefghijklmn",
  },
  { condition: { field: "id", operator: "=", value: "no id" }, sql: "false", parameters: [], found: "" },
  { condition: { field: "id", operator: "!=", value: "no id" }, sql: "not false", parameters: [], found: "abcdefghijklmn" },
  {
    condition: { field: "id", operator: "in", value: ["00000000-0000-4000-8000-00000000000A", "no id"] },
    sql: `"id" = any($1::uuid[])`,
    parameters: [["00000000-0000-4000-8000-00000000000a"]],
    found: "a",
  },
  {
    condition: { field: "createdAt", operator: "between", value: [new Date(0), "1970-01-01T00:00:00.001Z"] },
    sql: `("created_at" between $1::timestamptz and $2::timestamptz)`,
    parameters: ["1970-01-01T00:00:00.000Z", "1970-01-01T00:00:00.001Z"],
    found: "",
  },
  {
    condition: { field: "createdAt", operator: ">", value: new Date(-8.64e15) },
    sql: `("created_at" > $1::timestamptz)`,
    parameters: ["-infinity"],
    found: "abcdefghijklmn",
  },
  {
    condition: { field: "updatedAt", operator: ">=", value: new Date("-000044-03-15T12:00:00.000Z") },
    sql: `("updated_at" >= $1::timestamptz)`,
    parameters: ["0045-03-15T12:00:00.000Z BC"],
    found: "abcdefghijklmn",
  },
  {
    condition: { field: "updatedAt", operator: "<", value: "+275760-09-13T00:00:00.000Z" },
    sql: `("updated_at" < $1::timestamptz)`,
    parameters: ["275760-09-13T00:00:00.000Z"],
    found: "abcdefghijklmn",
  },
]
