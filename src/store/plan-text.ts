import { actualRows, numberAt, type PlanNode, planFacts, planNodes, type QueryPlan, textAt } from "./plan.ts"

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

/** What a plan does, in a few words: how it finds the records, what it does to them, and what that takes. */
export function planSummary(plan: QueryPlan): string {
  const nodes = planNodes(plan)
  const steps = [...nodes.flatMap(found), ...nodes.flatMap(worked)]
  const sentences = [`${[...new Set(steps)].join(", ") || "reads no table"}.`, given(plan), ...nodes.flatMap(surprise), taken(plan)]
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

// The nodes that find rows. The bitmap of an index is the work of its Bitmap Index Scan.
function found(node: PlanNode): string[] {
  const name = textAt(node, "Node Type") ?? ""
  const table = textAt(node, "Relation Name") ?? "a table"
  const index = textAt(node, "Index Name")
  const thrown = rowsRemoved(node) > 0 ? ` and throws ${count(rowsRemoved(node), "record")} away` : ""
  if (name === "Seq Scan") return [`scans all of ${table}${thrown}`]
  if (name === "Bitmap Heap Scan") return thrown === "" ? [] : [`looks at records of ${table}${thrown}`]
  if (index === undefined) return []
  const isSearch = name === "Bitmap Index Scan" || node["Index Cond"] !== undefined
  return [`${isSearch ? "finds records with the index" : "walks in the order of the index"} ${index}${thrown}`]
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
function surprise(node: PlanNode): string[] {
  const table = textAt(node, "Relation Name")
  if (table === undefined || node["Actual Rows"] === undefined) return []
  const expected = numberAt(node, "Plan Rows") ?? 0
  const actual = numberAt(node, "Actual Rows") ?? 0
  // What a limit ends early gives fewer rows than it could.
  if (actual < MANY || actual < expected * FAR_OFF) return []
  return [`The planner expected ${count(expected, "record")} of ${table} and ${digits(actual)} came: run \`analyze\` on it.`]
}

function taken(plan: QueryPlan): string {
  const { buffers, executionMs } = planFacts(plan)
  if (buffers === undefined) return ""
  const pages = `${count(buffers.hit + buffers.read, "page")} of 8 kB, ${buffers.read === 0 ? "all in the cache" : `${digits(buffers.read)} from outside of the cache`}`
  return `It looked at ${pages}${executionMs === undefined ? "" : `, in ${executionMs.toFixed(1)} ms`}.`
}

function count(number: number, of: string): string {
  return `${digits(number)} ${of}${Math.round(number) === 1 ? "" : "s"}`
}

function digits(number: number): string {
  return Math.round(number).toLocaleString("en-US")
}
