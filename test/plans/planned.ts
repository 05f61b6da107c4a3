import type pg from "pg"
import type { Preview } from "../../src/index.ts"
import { type PlanNode, planNodes, planOf } from "../../src/store/plan.ts"
import type { Row } from "../../src/store/record-row.ts"

/** How the server plans a prepared statement: for the values that it is run with, or for any. */
export const planModes = ["force_custom_plan", "force_generic_plan"] as const

export type PlanMode = (typeof planModes)[number]

/** The plan of a statement that was prepared, node by node; `analyze` runs it, and the nodes say what they read. */
export async function planned(client: pg.Client, { sql, parameters }: Preview, mode: PlanMode, analyze = false): Promise<readonly PlanNode[]> {
  await client.query(`set plan_cache_mode = ${mode}; deallocate all`)
  await client.query(`prepare planned as ${sql}`)
  // What is explained takes no parameters of its own, so the values of the prepared statement stand in the text.
  const values = parameters.length === 0 ? "" : `(${parameters.map(literal).join(", ")})`
  const { rows } = await client.query<Row>(`explain (format json, analyze ${analyze}) execute planned${values}`)
  return planNodes(planOf(rows))
}

function literal(value: unknown): string {
  if (Array.isArray(value)) return literal(`{${value.map((one) => `"${String(one).replaceAll(/["\\]/g, "\\$&")}"`).join(",")}}`)
  return ` E'${String(value).replaceAll(/['\\]/g, "\\$&")}'`
}
