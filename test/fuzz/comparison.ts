import { type Kysely, sql } from "kysely"
import type { DefinitionOf, TableDefinition } from "../../src/definition/records-definition.ts"
import { recordTest } from "../../src/evaluation/record-test.ts"
import { compileFilter, type LooseCondition } from "../../src/index.ts"
import { checkedCondition, onRecords } from "../../src/predicate/checked-condition.ts"
import { readIn, type Way, ways, wayText } from "./planner.ts"
import type { FilledTable, Population } from "./population.ts"
import { secondOpinion } from "./second-opinion.ts"

/** The first record on which the database and the evaluators differ; the ways are those in which each of the tables is read. */
export async function divergence(
  { kysely, tables, records }: Population,
  conditions: readonly LooseCondition[],
  waysOf: (table: number) => readonly Way[] = () => ways,
): Promise<string | undefined> {
  const opinions = conditions.map((given) => records.filter((record) => secondOpinion(given, record)).map(({ id }) => id))
  for (const [position, table] of tables.entries()) {
    const expected = conditions.map((given) => evaluated(table, given))
    // The first table holds the records as they are.
    if (position === 0) {
      const odd = firstDifference(opinions, expected, table)
      if (odd !== undefined) return `the second opinion against the evaluator: ${odd}`
    }
    for (const way of waysOf(position)) {
      const odd = firstDifference(await found(kysely, table.definition, way, conditions), expected, table)
      if (odd !== undefined) return `the SQL of ${table.definition.table} with ${wayText(way)} against the evaluator: ${odd}`
    }
  }
  return undefined
}

function evaluated({ definition, subjects }: FilledTable, given: LooseCondition): readonly string[] {
  return subjects.filter(recordTest(checkedCondition(given, "", onRecords(definition)))).map(({ id }) => id)
}

function firstDifference(found: readonly (readonly string[])[], expected: readonly (readonly string[])[], { subjects }: FilledTable): string | undefined {
  for (const [index, wanted] of expected.entries()) {
    const ids = new Set(found[index])
    const odd = subjects.find(({ id }) => ids.has(id) !== wanted.includes(id))
    if (odd !== undefined) return `only the ${ids.has(odd.id) ? "former" : "latter"} finds ${JSON.stringify(odd)}`
  }
  return undefined
}

/** The ids that each of the conditions finds; all of them are asked in one statement. */
async function found(
  kysely: Kysely<never>,
  definition: TableDefinition,
  way: Way,
  conditions: readonly LooseCondition[],
): Promise<readonly (readonly string[])[]> {
  const id = sql.ref(definition.columns.id.name)
  const lists = conditions.map((given) => sql`array(select ${id}::text from ${sql.table(definition.table)} where ${compiled(given, definition)})`)
  return readIn(kysely, way, async (trx) => {
    const { rows } = await sql<{ found: string[][] }>`select json_build_array(${sql.join(lists.map((list) => sql`to_json(${list})`))}) as found`.execute(trx)
    return rows[0]?.found ?? []
  })
}

function compiled(given: LooseCondition, definition: TableDefinition) {
  return compileFilter(given as never, definition as DefinitionOf<never>)
}
