import type { Advice, IndexAdvice } from "../operations/advice.ts"
import type { Inspection } from "../operations/inspection.ts"

/** Advice for people: one block for each query, one for each index to build. */
export function adviceText(advice: Advice): string {
  const { table, queries, indexes, unused, notes, countedSince } = advice
  return [
    `${table.name}: ${table.records.toLocaleString("en-US")} records, ${size(table.bytes)}`,
    ...queries.map(({ verdict, reason, count }, position) => `query ${position + 1}${count === undefined ? "" : ` (${count} times)`}: ${verdict}: ${reason}`),
    ...indexes.map(indexText),
    ...(unused.length === 0 ? [] : [unusedText(unused, countedSince)]),
    ...notes.map((note) => `note: ${note}`),
  ].join("\n\n")
}

/** The state of a table for people. */
export function inspectionText(inspection: Inspection): string {
  const { table, bytes, records, deadRows, updates, last, indexes, findings, notes } = inspection
  const lines = [
    ["records", `${number(records.estimated)} estimated${records.actual === null ? "" : `, ${number(records.actual)} counted`}`],
    ["size", `${size(bytes.total)}: rows ${size(bytes.rows)}, long values ${size(bytes.toast)}, indexes ${size(bytes.indexes)}`],
    ["dead rows", `${number(deadRows.count)} (${percent(deadRows.share)})`],
    ["updates", `${number(updates.count)}${updates.hotShare === null ? "" : `, ${percent(updates.hotShare)} without a write to an index (HOT)`}`],
    ["vacuum", `${day(last.vacuum)}, by itself ${day(last.autovacuum)}`],
    ["analyze", `${day(last.analyze)}, by itself ${day(last.autoanalyze)}`],
  ]
  const used = indexes.map(({ name, bytes: taken, scans, isValid, pendingPages }) => [
    name,
    size(taken),
    `${number(scans)} scans${pendingPages === null || pendingPages === 0 ? "" : `, ${number(pendingPages)} pages pending`}${isValid ? "" : ", INVALID"}`,
  ])
  return [
    [table, aligned(lines)].join("\n"),
    ...(used.length === 0 ? [] : [["indexes", aligned(used)].join("\n")]),
    findings.length === 0 ? "nothing to do" : findings.map(({ kind, what, remedy }) => `${kind}: ${what}\n  ${remedy}`).join("\n"),
    ...notes.map((note) => `note: ${note}`),
  ].join("\n\n")
}

function indexText({ name, entry, up, queries, bytes, writes, redundant, hypopg }: IndexAdvice): string {
  return [
    `build ${name}, for ${queries.map((position) => `query ${position + 1}`).join(", ")}`,
    `  definition  ${JSON.stringify(entry)}`,
    ...up.map((statement) => `  ${statement};`),
    `  size        ${bytes === null ? "not known" : `about ${size(bytes)}`}`,
    ...(writes === null
      ? []
      : [
          `  an insert   ${micro(writes.insertMicroseconds.without)} without it, ${micro(writes.insertMicroseconds.with)} with it`,
          `  an update   ${micro(writes.updateMicroseconds.without)} without it, ${micro(writes.updateMicroseconds.with)} with it`,
          `  HOT updates ${percent(writes.hotUpdates.without)} without it, ${percent(writes.hotUpdates.with)} with it`,
        ]),
    ...(redundant.length === 0 ? [] : [`  instead of  ${redundant.join(", ")}, unless a query pages by it in the order of the ids`]),
    ...(hypopg === undefined
      ? []
      : [`  hypopg      the planner ${hypopg.isUsed ? "uses" : "does not use"} it: cost ${hypopg.cost.now} now, ${hypopg.cost.withIndex} with it`]),
  ].join("\n")
}

function unusedText(unused: Advice["unused"], since: Date | null): string {
  const when = since === null ? "since the table was made" : `since ${day(since)}`
  return [`never searched ${when} (on this server: a replica counts for itself)`, ...unused.map(({ name, bytes }) => `  ${name}, ${size(bytes)}`)].join("\n")
}

function aligned(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows.map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")}`.trimEnd()).join("\n")
}

const UNITS = ["bytes", "kB", "MB", "GB", "TB"]

function size(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log2(bytes) / 10))
  return `${Math.round(bytes / 1024 ** power)} ${UNITS[power]}`
}

function number(value: number | null): string {
  return value === null ? "not" : value.toLocaleString("en-US")
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`
}

function micro(microseconds: number): string {
  return `${Math.round(microseconds)} µs`
}

function day(date: Date | null): string {
  return date === null ? "never" : date.toISOString().replace("T", " ").slice(0, 16)
}
