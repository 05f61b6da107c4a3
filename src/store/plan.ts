import type { Row } from "./record-row.ts"

/** A plan as PostgreSQL gives it with `explain (format json)`: its root, and the times of all of it. */
export type QueryPlan = Readonly<Record<string, unknown>>

/** One node of a plan, with the properties that PostgreSQL gives it: `Node Type`, `Relation Name`, `Plan Rows`, ... */
export type PlanNode = Readonly<Record<string, unknown>>

/** What a plan says that does not depend on its form. */
export interface PlanFacts {
  /** The indexes that the plan uses, by name. */
  readonly indexes: readonly string[]
  /** Rows that the statement gives: as the planner expects them, and as they were counted. */
  readonly rows: { readonly estimated: number; readonly actual?: number }
  /** The planner's price, in its own unit: 1 is a page that is read in order. */
  readonly cost: number
  /** Pages of 8 kB that were looked at: found in PostgreSQL's cache, and read into it. */
  readonly buffers?: { readonly hit: number; readonly read: number }
  /** Milliseconds on the server. */
  readonly executionMs?: number
}

/** The plan in the rows of an `explain (format json)`. */
export function planOf(rows: readonly Row[]): QueryPlan {
  const [first] = Object.values(rows[0] ?? {})
  // A driver may leave the JSON as it came.
  const plans: unknown = typeof first === "string" ? JSON.parse(first) : first
  const plan: unknown = Array.isArray(plans) ? plans[0] : plans
  return isObject(plan) ? plan : {}
}

/** What a plan says: the same for a plan of one server, of a partitioned table, and of one that Citus distributes. */
export function planFacts(plan: QueryPlan): PlanFacts {
  const roots = planRoots(plan)
  const [root = {}] = roots
  const executionMs = numberAt(plan, "Execution Time")
  const isCounted = wasRun(plan)
  return {
    indexes: indexNames(plan),
    rows: { estimated: estimatedRows(root), ...(isCounted ? { actual: actualRows(root) } : {}) },
    cost: numberAt(root, "Total Cost") ?? 0,
    ...(isCounted ? { buffers: { hit: blocks(roots, "Hit"), read: blocks(roots, "Read") } } : {}),
    ...(executionMs === undefined ? {} : { executionMs }),
  }
}

/** Whether the statement was run for its plan. */
export function wasRun(plan: QueryPlan): boolean {
  return planRoots(plan)[0]?.["Actual Rows"] !== undefined
}

/** Every node of a plan, outermost first, and those of the plans that other servers made for it. */
export function planNodes(plan: QueryPlan): readonly PlanNode[] {
  return objectsIn(plan).filter((object) => typeof object["Node Type"] === "string")
}

/** Rows that a node gave, over all of its runs; 0 where it was not run. */
export function actualRows(node: PlanNode): number {
  return Math.round((numberAt(node, "Actual Rows") ?? 0) * (numberAt(node, "Actual Loops") ?? 1))
}

/** A number of a node, `undefined` where it has none of this name. */
export function numberAt(node: PlanNode, property: string): number | undefined {
  const value = node[property]
  return typeof value === "number" ? value : undefined
}

/** A text of a node, `undefined` where it has none of this name. */
export function textAt(node: PlanNode, property: string): string | undefined {
  const value = node[property]
  return typeof value === "string" ? value : undefined
}

/** A plan with other names of its indexes and tables; `isRemote` says whether another server made the part that has it. */
export function renamed(plan: QueryPlan, rename: (name: string, isRemote: boolean) => string, isRemote = false): QueryPlan {
  const entries = Object.entries(plan).map(([key, value]): [string, unknown] => {
    if (typeof value === "string") return [key, key === "Index Name" || key === "Relation Name" ? rename(value, isRemote) : value]
    return [key, renamedWithin(value, rename, isRemote || key === "Remote Plan")]
  })
  return Object.fromEntries(entries)
}

function renamedWithin(value: unknown, rename: (name: string, isRemote: boolean) => string, isRemote: boolean): unknown {
  if (Array.isArray(value)) return value.map((inner: unknown) => renamedWithin(inner, rename, isRemote))
  return isObject(value) ? renamed(value, rename, isRemote) : value
}

/** How a table that Citus distributes is asked, as far as the plan says: on how many shards, and how many of them it shows. */
export function shardsOf(plan: QueryPlan): { readonly asked: number; readonly shown: number } | undefined {
  const job = objectsIn(plan).find((object) => numberAt(object, "Task Count") !== undefined)
  return job && { asked: numberAt(job, "Task Count") ?? 0, shown: planRoots({ Tasks: job["Tasks"] }).length }
}

// Citus itself expects 100,000 rows of whatever it asks its shards.
function estimatedRows(root: PlanNode): number {
  const own = numberAt(root, "Plan Rows") ?? 0
  const shards = shardsOf(root)
  if (shards === undefined || shards.shown === 0) return own
  const whole = planNodes(root).find((node) => node["Distributed Query"] !== undefined) ?? {}
  const rows = planRoots(whole).reduce((sum, shard) => sum + (numberAt(shard, "Plan Rows") ?? 0), 0)
  const all = Math.round((rows * shards.asked) / shards.shown)
  return own === numberAt(whole, "Plan Rows") ? all : Math.min(own, all)
}

function indexNames(plan: QueryPlan): string[] {
  return [...new Set(planNodes(plan).flatMap((node) => textAt(node, "Index Name") ?? []))].toSorted()
}

// The blocks of a root are those of everything below it, but not of what ran on another server.
function planRoots(plan: QueryPlan): readonly PlanNode[] {
  return objectsIn(plan).flatMap(({ Plan: root }) => (isObject(root) ? [root] : []))
}

function blocks(roots: readonly PlanNode[], what: "Hit" | "Read"): number {
  // Those of a temporary table are the session's own.
  return roots.reduce((sum, root) => sum + (numberAt(root, `Shared ${what} Blocks`) ?? 0) + (numberAt(root, `Local ${what} Blocks`) ?? 0), 0)
}

// Any object at any depth: an extension may put plans wherever it likes.
function objectsIn(value: unknown): readonly PlanNode[] {
  if (Array.isArray(value)) return value.flatMap(objectsIn)
  return isObject(value) ? [value, ...Object.values(value).flatMap(objectsIn)] : []
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}
