import { actualRows, numberAt, type PlanNode, planFacts, planNodes, type QueryPlan, shardsOf, textAt } from "./plan.ts"

/**
 * The nodes of a plan, one a line, without the values of the query.
 *
 * @example
 * planOutline({ Plan: { "Node Type": "Limit", "Plan Rows": 5, Plans: [{ "Node Type": "Seq Scan", "Relation Name": "people", "Plan Rows": 20 }] } })
 * // Limit: 5 rows expected
 * //   Seq Scan on people: 20 rows expected
 */
export function planOutline(plan: QueryPlan): string {
  return lines(plan, "").join("\n")
}

/**
 * What a plan does, in a few words: how it finds the records, what it does to them, and what that takes. The partitions of
 * a table are told together, under its name.
 */
export function planSummary(plan: QueryPlan): string {
  const nodes = planNodes(plan)
  const tables = tableNames(nodes)
  const steps = [...foundSteps(nodes, tables), ...nodes.flatMap(worked)]
  const sentences = [`${[...new Set(steps)].join(", ") || "reads no table"}.`, given(plan), ...surprises(nodes, tables), taken(plan), shards(plan)]
  return sentences
    .filter((sentence) => sentence !== "")
    .map((sentence) => sentence.charAt(0).toUpperCase() + sentence.slice(1))
    .join(" ")
}

function lines(value: unknown, indent: string): string[] {
  if (Array.isArray(value)) return value.flatMap((inner) => lines(inner, indent))
  if (typeof value !== "object" || value === null) return []
  const node: PlanNode = { ...value }
  const name = textAt(node, "Node Type")
  const inside = Object.values(node).flatMap((inner) => lines(inner, name === undefined ? indent : `${indent}  `))
  return name === undefined ? inside : [indent + line(node, name), ...inside]
}

function line(node: PlanNode, name: string): string {
  const index = textAt(node, "Index Name")
  const relation = textAt(node, "Relation Name")
  const where = `${index === undefined ? "" : ` using ${index}`}${relation === undefined ? "" : ` on ${relation}`}`
  const rows = `${count(numberAt(node, "Plan Rows") ?? 0, "row")} expected`
  return `${name}${where}: ${node["Actual Rows"] === undefined ? rows : `${rows}, ${count(actualRows(node), "row")} given${removed(node)}`}`
}

function removed(node: PlanNode): string {
  const rows = rowsRemoved(node)
  return rows === 0 ? "" : `, ${count(rows, "row")} thrown away`
}

function rowsRemoved(node: PlanNode): number {
  const each = (numberAt(node, "Rows Removed by Filter") ?? 0) + (numberAt(node, "Rows Removed by Index Recheck") ?? 0)
  return Math.round(each * (numberAt(node, "Actual Loops") ?? 1))
}

/** The table that a node is for, by the name of what it reads. */
type TableNames = ReadonlyMap<string, string>

// PostgreSQL calls the partitions of one table by the name of the table and a number: a single one goes by its own name.
function tableNames(nodes: readonly PlanNode[]): TableNames {
  const parts = new Map(nodes.flatMap((node) => partOf(node)))
  const wholes = [...parts.values()]
  return new Map([...parts].filter(([, whole]) => wholes.filter((other) => other === whole).length > 1))
}

function partOf(node: PlanNode): [string, string][] {
  const [relation, alias] = [textAt(node, "Relation Name"), textAt(node, "Alias")]
  const whole = alias === relation ? undefined : /^(.+)_\d+$/.exec(alias ?? "")?.[1]
  return relation === undefined || whole === undefined ? [] : [[relation, whole]]
}

function tableAt(node: PlanNode, tables: TableNames): string | undefined {
  const relation = textAt(node, "Relation Name")
  return relation === undefined ? undefined : (tables.get(relation) ?? relation)
}

function foundSteps(nodes: readonly PlanNode[], tables: TableNames): string[] {
  const removedBy = new Map<string, number>()
  for (const node of nodes) {
    const step = found(node, tableAt(node, tables) ?? "a table")
    if (step !== undefined) removedBy.set(step, (removedBy.get(step) ?? 0) + rowsRemoved(node))
  }
  return [...removedBy].map(([step, rows]) => (rows > 0 ? `${step} and throws ${count(rows, "record")} away` : step))
}

// The nodes that find rows. The bitmap of an index is the work of its Bitmap Index Scan.
function found(node: PlanNode, table: string): string | undefined {
  const name = textAt(node, "Node Type") ?? ""
  const index = textAt(node, "Index Name")
  if (name === "Seq Scan") return `scans all of ${table}`
  if (name === "Bitmap Heap Scan") return rowsRemoved(node) > 0 ? `looks at records of ${table}` : undefined
  if (index === undefined) return undefined
  const isSearch = name === "Bitmap Index Scan" || node["Index Cond"] !== undefined
  return `${isSearch ? "finds records with the index" : "walks in the order of the index"} ${index}`
}

function worked(node: PlanNode): string[] {
  const name = textAt(node, "Node Type")
  const isOnDisk = textAt(node, "Sort Space Type") === "Disk"
  if (name === "Sort") return [isOnDisk ? "sorts them on disk" : "sorts them"]
  return name === "Incremental Sort" ? ["sorts the ties among them"] : []
}

function given(plan: QueryPlan): string {
  const { estimated, actual } = planFacts(plan).rows
  return actual === undefined ? `The planner expects ${count(estimated, "row")}.` : `${count(actual, "row")} came.`
}

const FAR_OFF = 10
const MANY = 100

// Where the planner is far off, it may have chosen the wrong plan.
function surprises(nodes: readonly PlanNode[], tables: TableNames): string[] {
  const sums = new Map<string, { readonly expected: number; readonly actual: number }>()
  for (const node of nodes) {
    const table = tableAt(node, tables)
    if (table === undefined || node["Actual Rows"] === undefined) continue
    const { expected, actual } = sums.get(table) ?? { expected: 0, actual: 0 }
    sums.set(table, { expected: expected + (numberAt(node, "Plan Rows") ?? 0), actual: actual + (numberAt(node, "Actual Rows") ?? 0) })
  }
  // What a limit ends early gives fewer rows than it could.
  const wrong = [...sums].filter(([, { expected, actual }]) => actual >= MANY && actual >= expected * FAR_OFF)
  return wrong.map(
    ([table, { expected, actual }]) => `The planner expected ${count(expected, "record")} of ${table} and ${digits(actual)} came: run \`analyze\` on it.`,
  )
}

function taken(plan: QueryPlan): string {
  const { buffers, executionMs } = planFacts(plan)
  if (buffers === undefined) return ""
  const pages = `${count(buffers.hit + buffers.read, "page")} of 8 kB, ${buffers.read === 0 ? "all in the cache" : `${digits(buffers.read)} from outside of the cache`}`
  return `It looked at ${pages}${executionMs === undefined ? "" : `, in ${executionMs.toFixed(1)} ms`}.`
}

function shards(plan: QueryPlan): string {
  const { asked = 0, shown = 0 } = shardsOf(plan) ?? {}
  return shown < asked ? `${asked} shards are asked, and the plan shows ${shown} of them.` : ""
}

function count(number: number, of: string): string {
  return `${digits(number)} ${of}${Math.round(number) === 1 ? "" : "s"}`
}

function digits(number: number): string {
  return Math.round(number).toLocaleString("en-US")
}
