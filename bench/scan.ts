import { sql } from "kysely"
import pg from "pg"
import { type LooseCondition, PostgresDatabase, previewQuery } from "../src/index.ts"
import { startedServer } from "../test/setup/server.ts"

/*
 * What a condition costs on a sequential scan of 200,000 documents of mixed types, beside hand-written SQL, in turns.
 * No index serves these: what is measured is the SQL of the comparison itself.
 */

const DOCUMENTS = 200_000
const ROUNDS = 15

interface Contest {
  readonly name: string
  readonly condition: LooseCondition
  readonly byHand: readonly string[]
}

const contests: readonly Contest[] = [
  {
    name: "age > 85",
    condition: { field: "fields.age", operator: ">", value: 85 },
    byHand: [
      `fields->'age' > '85' and fields->'age' < 'false'`,
      `fields @? '$.age ? (@ > 85)'`,
      `case when jsonb_typeof(fields->'age') = 'number' then (fields->>'age')::numeric end > 85`,
    ],
  },
  {
    name: "age between 20 and 40",
    condition: { field: "fields.age", operator: "between", value: [20, 40] },
    byHand: [`fields->'age' >= '20' and fields->'age' <= '40'`, `fields @? '$.age ? (@ >= 20 && @ <= 40)'`],
  },
  {
    name: "name like 'A%'",
    condition: { field: "fields.name", operator: "like", value: "A%" },
    byHand: [`fields->>'name' like 'A%' and jsonb_typeof(fields->'name') = 'string'`],
  },
]

// Seven ages of ten are numbers; the others are what real documents hold instead.
const load = `
  insert into public.records (id, fields)
  select gen_random_uuid(), jsonb_build_object(
    'name', chr(65 + i % 26) || md5(i::text), 'email', md5(i::text) || '@example.org', 'tags', jsonb_build_array('a', 'b', i % 7),
    'address', jsonb_build_object('city', 'city ' || i % 1000, 'zip', i), 'note', repeat(md5((i * 7)::text), 4),
    'age', case i % 10 when 0 then to_jsonb((i % 100)::text) when 1 then 'null' when 2 then '[90]' else to_jsonb((i * 7) % 100) end)
  from generate_series(1, ${DOCUMENTS}) as i`

const server = await startedServer()
try {
  const db = new PostgresDatabase({ connectionString: server.url })
  await db.migrate()
  await sql.raw(load).execute(db.kysely)
  await sql.raw("vacuum analyze public.records").execute(db.kysely)
  for (const contest of contests) await run(contest)
  await db.close()
} finally {
  await server.stop()
}

async function run({ name, condition, byHand }: Contest): Promise<void> {
  const client = new pg.Client({ connectionString: server.url })
  await client.connect()
  await client.query("set max_parallel_workers_per_gather = 0; set enable_bitmapscan = off; set enable_indexscan = off")
  const compiled = previewQuery({ filters: [condition] })
  const where = /where (.*) order by/.exec(compiled.sql)?.[1] ?? "compiled to something else"
  const statements = [{ text: where, values: compiled.parameters }, ...byHand.map((text) => ({ text, values: [] }))]
  const times = statements.map((): number[] => [])
  const found: unknown[] = []
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [index, { text, values }] of statements.entries()) {
      const start = performance.now()
      const { rows } = await client.query(`select count(*) as found from public.records where ${text}`, [...values])
      times[index]?.push(performance.now() - start)
      found[index] = rows[0].found
    }
  }
  await client.end()
  const medians = times.map((all) => all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)] ?? Number.NaN)
  console.log(`\n${name}, ${DOCUMENTS} records (jsonpath looks into arrays, so it may find more)`)
  console.table(statements.map(({ text }, index) => ({ sql: text, found: found[index], "ms (median)": Number(medians[index]?.toFixed(1)) })))
  const [ours = Number.NaN, ...others] = medians
  console.log(`${(ours / Math.min(...others)).toFixed(2)} times the fastest by hand (target: at most 1.1)`)
}
