import type { Preview } from "../statement/search.ts"
import { type PlanFacts, planFacts, type QueryPlan } from "./plan.ts"
import { planOutline, planSummary } from "./plan-text.ts"
import type { TablePlan } from "./table-plan.ts"

/** How PostgreSQL runs a query, and with `analyze` how it went. */
export interface Explanation extends Preview, PlanFacts {
  /** The plan as PostgreSQL gives it, with the values of the query in it. */
  readonly plan: QueryPlan
  /** The nodes of the plan, one a line, each deeper one further in. */
  readonly text: string
  /** What happens, in a few words. */
  readonly summary: string
}

/** The explanation of a statement, from what the server said about it. */
export function explanation(statement: Preview, { plan, named }: TablePlan): Explanation {
  return { ...statement, plan, text: planOutline(named), ...planFacts(named), summary: planSummary(named) }
}
