import { parseArgs } from "node:util"
import pg from "pg"
import { defineRecords, filter, type JsonObject, type LooseQuery, PostgresDatabase } from "../src/index.ts"
import { createIndexSql, indexStatements } from "../src/statement/index-statement.ts"
import { startedServer } from "../test/setup/server.ts"

/*
 * Whole calls of `search` and `count` over 1,000,000 records, beside the fastest SQL that a careful person writes for `pg`
 * with indexes of his own, and beside the SQL that one writes without a thought (`->>`, casts), which no index serves. All
 * take turns; the first two must bring the same rows. `--records 100000` for a smaller table.
 */

const { values } = parseArgs({ options: { records: { type: "string", default: "1000000" } } })
const RECORDS = Number(values.records)
const TARGET = 1.15
const BUDGET_MS = 6_000
// Of what takes a second the median of five is off by a fifth.
const LEAST_ROUNDS = 11
const WARM_UP_MS = 4_000

const document = `jsonb_build_object('email', md5(i::text) || '@example.org', 'name', md5((i * 3)::text), 'tier', (array['gold', 'silver', 'tin', 'none'])[1 + i % 4],
  'address', jsonb_build_object('city', 'city ' || i % ${RECORDS / 200}, 'zip', i % 9000), 'country', 'country ' || i % 200,
  'tags', jsonb_build_array('t' || i % ${RECORDS / 200}, i % 7), 'note', repeat(md5((i * 7)::text), 3),
  'score', case i % 50 when 0 then to_jsonb('s' || i) when 1 then 'null' when 2 then '[90]' else to_jsonb((i::bigint * 7919) % ${RECORDS}) end)`

const definition = defineRecords<JsonObject>({
  table: "people",
  gin: { metadata: false },
  indexes: [
    { field: "fields.email" },
    { field: "fields.score" },
    { fields: ["fields.country", "fields.score"] },
    { kind: "text", field: "fields.name" },
    { kind: "trigram", field: "fields.name" },
    { kind: "array", field: "fields.tags" },
  ],
})

// What a careful person would have made instead.
const indexesByHand = [
  `create index on people ((fields->>'email'))`,
  `create index on people ((fields->'score'))`,
  `create index on people ((fields->>'country'), (fields->'score'))`,
  `create index on people ((fields->>'name') text_pattern_ops)`,
]

interface Contest {
  readonly name: string
  readonly query: LooseQuery
  readonly counts?: boolean
  /** It takes seconds. */
  readonly isLarge?: boolean
  /** What stands behind `where`, and the values of `$1`, `$2`, ... */
  readonly byHand: readonly [where: string, ...values: unknown[]]
  readonly literal: readonly [where: string, ...values: unknown[]]
  readonly orderBy?: string
}

// The first email of the table, and another for every number.
const emails = ["c4ca4238a0b923820dcc509a6f75849b@example.org", "c81e728d9d4c2f636f067f89cc14862c@example.org", "eccbc87e4b5ce2fe28308fd9f2a7baf3@example.org"]
const [email = ""] = emails
const middle = RECORDS / 2

const contests: readonly Contest[] = [
  {
    name: "equality, one record",
    query: { filters: [filter("fields.email", "=", email)] },
    byHand: ["fields->>'email' = $1", email],
    literal: ["fields->>'email' = $1", email],
  },
  {
    name: "equality, no record",
    query: { filters: [filter("fields.email", "=", "nobody")] },
    byHand: ["fields->>'email' = $1", "nobody"],
    literal: ["fields->>'email' = $1", "nobody"],
  },
  {
    name: "equality, 200 records (GIN)",
    query: { filters: [filter("fields.address.city", "=", "city 77")] },
    byHand: ["fields @> $1", '{"address":{"city":"city 77"}}'],
    literal: ["fields->'address'->>'city' = $1", "city 77"],
  },
  {
    name: "equality, a quarter of all",
    isLarge: true,
    query: { filters: [filter("fields.tier", "=", "gold")] },
    byHand: ["fields @> $1", '{"tier":"gold"}'],
    literal: ["fields->>'tier' = $1", "gold"],
  },
  {
    name: "equality, a quarter, counted",
    isLarge: true,
    query: { filters: [filter("fields.tier", "=", "gold")] },
    counts: true,
    byHand: ["fields @> $1", '{"tier":"gold"}'],
    literal: ["fields->>'tier' = $1", "gold"],
  },
  {
    name: "equality, a quarter, first 20",
    query: { filters: [filter("fields.tier", "=", "gold")], limit: 20 },
    byHand: ["fields @> $1", '{"tier":"gold"}'],
    literal: ["fields->>'tier' = $1", "gold"],
  },
  {
    name: "in, three of them",
    query: { filters: [filter("fields.email", "in", emails)] },
    byHand: ["fields->>'email' = any($1)", emails],
    literal: ["fields->>'email' = any($1)", emails],
  },
  {
    name: "range, a thousandth",
    query: { filters: [filter("fields.score", "between", [middle, middle + RECORDS / 1000])] },
    byHand: ["fields->'score' >= $1 and fields->'score' <= $2", String(middle), String(middle + RECORDS / 1000)],
    literal: ["case when jsonb_typeof(fields->'score') = 'number' then (fields->>'score')::numeric end between $1 and $2", middle, middle + RECORDS / 1000],
  },
  {
    name: "range, open, counted",
    query: { filters: [filter("fields.score", ">", RECORDS * 0.9)] },
    counts: true,
    byHand: ["fields->'score' > $1 and fields->'score' < 'false'", String(RECORDS * 0.9)],
    literal: ["case when jsonb_typeof(fields->'score') = 'number' then (fields->>'score')::numeric end > $1", RECORDS * 0.9],
  },
  {
    name: "compound: equality and range",
    query: { filters: [filter("fields.country", "=", "country 7"), filter("fields.score", ">", RECORDS * 0.9)] },
    byHand: ["fields->>'country' = $1 and fields->'score' > $2 and fields->'score' < 'false'", "country 7", String(RECORDS * 0.9)],
    literal: [
      "fields->>'country' = $1 and case when jsonb_typeof(fields->'score') = 'number' then (fields->>'score')::numeric end > $2",
      "country 7",
      RECORDS * 0.9,
    ],
  },
  {
    name: "prefix",
    query: { filters: [filter("fields.name", "starts_with", "abc1")] },
    byHand: ["fields->>'name' like $1", "abc1%"],
    literal: ["fields->>'name' like $1", "abc1%"],
  },
  {
    name: "substring",
    query: { filters: [filter("fields.name", "includes", "abc12")] },
    byHand: ["fields->>'name' like $1", "%abc12%"],
    literal: ["fields->>'name' like $1", "%abc12%"],
  },
  {
    name: "array contains",
    query: { filters: [filter("fields.tags", "contains", "t77")] },
    byHand: ["coalesce(fields->'tags', 'null') @> $1", '["t77"]'],
    literal: ["exists (select from jsonb_array_elements_text(fields->'tags') as tag where tag = $1)", "t77"],
  },
  {
    name: "sort, first 20",
    query: { sort: [{ field: "fields.score", order: "desc" }], limit: 20 },
    byHand: ["true"],
    literal: ["true"],
    orderBy: "coalesce(fields->'score', 'null') desc, id desc",
  },
]

const server = await startedServer()
try {
  const db = new PostgresDatabase({ connectionString: server.url, records: definition })
  const pool = new pg.Pool({ connectionString: server.url, max: 1 })
  // The server goes before the pool has gone.
  pool.on("error", () => {})
  try {
    await build(pool)
    await warmUp(db, pool)
    const rows: object[] = []
    for (const contest of contests) rows.push(await run(contest, db, pool))
    console.table(rows)
    console.log(`times are medians in ms; target: at most ${TARGET} times the SQL by hand`)
  } finally {
    await db.close()
    await pool.end()
  }
} finally {
  await server.stop()
}

async function build(pool: pg.Pool): Promise<void> {
  const bare = new PostgresDatabase({ connectionString: server.url, records: defineRecords({ table: "people", gin: false }) })
  await timed("the table", () => bare.migrate())
  await bare.close()
  await timed(`${RECORDS} records`, () =>
    pool.query(`insert into people (id, fields) select md5('id' || i)::uuid, ${document} from generate_series(1, ${RECORDS}) as i`),
  )
  await timed("the same without indexes", () => pool.query("create table bare as table people; alter table bare add primary key (id)"))
  await timed("its statistics", () => pool.query("vacuum analyze bare"))
  await pool.query("create extension pg_trgm; set maintenance_work_mem = '1GB'")
  const ours = ["create index people_fields_gin on people using gin (fields jsonb_path_ops)"]
  ours.push(...indexStatements(definition).map((statement) => createIndexSql(statement, definition, "at once")))
  for (const statement of [...ours, ...indexesByHand]) await timed(statement, () => pool.query(statement))
  await timed("the statistics", () => pool.query("vacuum analyze people"))
}

async function timed(what: string, work: () => Promise<unknown>): Promise<void> {
  const start = performance.now()
  await work()
  console.log(`${((performance.now() - start) / 1000).toFixed(1).padStart(6)} s  ${what}`)
}

// As in a program that has run for a while: an engine that still compiles costs a call half as much again.
async function warmUp(db: PostgresDatabase, pool: pg.Pool): Promise<void> {
  for (const contest of contests.filter(({ isLarge }) => isLarge !== true)) {
    const [ours, byHand] = waysOf(contest, db, pool)
    const until = performance.now() + WARM_UP_MS
    while (performance.now() < until) {
      await ours()
      await byHand()
    }
  }
}

type Ways = readonly [ours: () => Promise<unknown>, byHand: () => Promise<unknown>, literal: () => Promise<unknown>]

function waysOf({ query, counts = false, orderBy = "id", byHand, literal }: Contest, db: PostgresDatabase, pool: pg.Pool): Ways {
  const statement = (table: string, where: string) =>
    counts
      ? `select count(*) from ${table} where ${where}`
      : `select id, fields, metadata, revision, created_at, updated_at from ${table} where ${where} order by ${orderBy}${query.limit === undefined ? "" : ` limit ${query.limit}`}`
  const sent = (table: string, [where, ...parameters]: Contest["byHand"]) => {
    const text = statement(table, where)
    return async () => {
      const { rows } = await pool.query(text, parameters)
      return counts ? Number(rows[0].count) : rows
    }
  }
  const ours = (): Promise<unknown> => (counts ? db.count(query as never) : db.search(query as never))
  return [ours, sent("people", byHand), sent("bare", literal)]
}

async function run(contest: Contest, db: PostgresDatabase, pool: pg.Pool): Promise<object> {
  const { name } = contest
  const ways = waysOf(contest, db, pool)
  const [found, expected] = [await ways[0](), await ways[1]()]
  if (identities(found) !== identities(expected)) throw new Error(`${name}: the SQL by hand finds other rows`)
  const [package_ = 0, byHand = 0, literal = 0] = await medians(ways)
  return {
    name,
    found: Array.isArray(found) ? found.length : found,
    package: package_.toFixed(2),
    "by hand": byHand.toFixed(2),
    literal: literal.toFixed(1),
    "times by hand": (package_ / byHand).toFixed(2),
    "literal / package": (literal / package_).toFixed(0),
  }
}

function identities(found: unknown): string {
  return JSON.stringify(Array.isArray(found) ? found.map(({ id }) => id) : found)
}

// The first two take turns until each has had half a budget; what takes seconds is run a few times only.
async function medians([ours, byHand, literal]: Ways): Promise<readonly number[]> {
  const times: [number[], number[], number[]] = [[], [], []]
  const measure = async (way: () => Promise<unknown>, into: number[]) => {
    const start = performance.now()
    await way()
    into.push(performance.now() - start)
  }
  const start = performance.now()
  for (let round = 0; round < LEAST_ROUNDS || (round < 2000 && performance.now() - start < BUDGET_MS); round += 1) {
    // Who goes first finds the caches as the other one left them.
    for (const turn of round % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const)) await measure(turn === 0 ? ours : byHand, times[turn])
    if (round < 3) await measure(literal, times[2])
  }
  return times.map((all) => all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)] ?? Number.NaN)
}
