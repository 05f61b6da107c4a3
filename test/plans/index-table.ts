import { type Column, columns } from "./claims.ts"

/** What was measured: for each thing that is asked, the kinds of index that serve it. */
export type Served = ReadonlyMap<string, readonly Column[]>

const HEADINGS: Record<Column, string> = {
  gin: "GIN on the document",
  path: "path",
  unique: "unique",
  compound: "compound, last key",
  partial: "partial",
  text: "text",
  trigram: "trigram",
  array: "array",
}

/** The table of docs/indexes.md. */
export function indexTable(served: Served): string {
  const rows = [
    ["", ...columns.map((column) => HEADINGS[column])],
    ...[...served].map(([asked, by]) => [asked, ...columns.map((column) => (by.includes(column) ? "yes" : ""))]),
  ]
  const widths = rows[0]?.map((_, cell) => Math.max(...rows.map((row) => row[cell]?.length ?? 0))) ?? []
  const lines = rows.map((row) => `| ${row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(" | ")} |`)
  return [lines[0], `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`, ...lines.slice(1)].join("\n")
}

const BEGIN = "<!-- measured by test/plans; npm run docs:indexes writes it -->\n"
const END = "\n<!-- end -->"

/** A document with another table in it. */
export function withTable(document: string, table: string): string {
  const begin = document.indexOf(BEGIN)
  const end = document.indexOf(END, begin)
  if (begin === -1 || end === -1) throw new Error("docs/indexes.md has no place for the table")
  return document.slice(0, begin) + BEGIN + table + document.slice(end)
}
