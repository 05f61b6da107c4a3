import { DummyDriver, Kysely, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler, type SqlBool, sql } from "kysely"
import { Bench } from "tinybench"
import { compileFilter, type LooseCondition } from "../src/index.ts"

/*
 * What it costs to make SQL of a condition, beside the same SQL written by hand with Kysely, in turns.
 */

interface Tables {
  records: { id: string; fields: unknown }
}

const db = new Kysely<Tables>({
  dialect: {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (of) => new PostgresIntrospector(of),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  },
})

const three: LooseCondition = {
  and: [
    { field: "fields.age", operator: ">", value: 30 },
    {
      or: [
        { field: "fields.city", operator: "=", value: "Oslo" },
        { field: "fields.name", operator: "like", value: "A%" },
      ],
    },
  ],
}

function compiled(condition: LooseCondition): string {
  return db.selectFrom("records").select("id").where(compileFilter(condition)).compile().sql
}

function written(): string {
  const age = sql`coalesce("fields"->'age', 'null')`
  const name = sql`"fields"->>'name'`
  return db
    .selectFrom("records")
    .select("id")
    .where((eb) =>
      eb.and([
        sql<SqlBool>`(${age} > ${"30"}::jsonb and ${age} < 'false')`,
        eb.or([
          sql<SqlBool>`"fields" @> ${'{"city":"Oslo"}'}::jsonb`,
          sql<SqlBool>`(${name} like ${"A%"} and jsonb_typeof(coalesce("fields"->'name', 'null')) = 'string')`,
        ]),
      ]),
    )
    .compile().sql
}

function leaves(count: number): LooseCondition {
  return { or: Array.from({ length: count }, (_, index) => ({ field: `fields.key${index % 50}`, operator: ">", value: index })) }
}

const bench = new Bench({ time: 1000 })
bench.add("three leaves, compiled", () => void compiled(three))
bench.add("three leaves, by hand", () => void written())
for (const count of [10, 100, 1000]) {
  const condition = leaves(count)
  bench.add(`${count} leaves, compiled`, () => void compiled(condition))
}
await bench.run()

const medians = new Map(bench.tasks.map(({ name, result }) => [name, "latency" in result ? result.latency.p50 * 1000 : Number.NaN]))
console.table([...medians].map(([name, microseconds]) => ({ name, "µs (median)": Number(microseconds.toFixed(2)) })))
const [machine = Number.NaN, hand = Number.NaN] = medians.values()
console.log(`three leaves: ${(machine / hand).toFixed(2)} times the query written by hand (target: at most 1.5, and less than 15 µs)`)
for (const count of [10, 100, 1000]) console.log(`${count} leaves: ${((medians.get(`${count} leaves, compiled`) ?? Number.NaN) / count).toFixed(2)} µs a leaf`)
