import { stripVTControlCharacters, styleText } from "node:util"
import Table from "cli-table3"
import type { Preview } from "../../src/index.ts"
import type { Question, Row } from "./questions.ts"

/** One question and its answer, as text for a terminal of 120 columns. */
export function answerText(position: number, question: Question, preview: Preview, rows: readonly Row[]): string {
  return [
    styleText("bold", `${position}. ${question.asks}`),
    section("query", dedented(question.source)),
    section("sql", sqlText(preview)),
    section("found", `${styleText("bold", plural(rows.length))}\n${tableText(question.columns, rows)}`),
    section("note", question.remark),
    "",
  ].join("\n")
}

/** `9 films`, `3,201 films`. */
export function plural(films: number): string {
  return `${films.toLocaleString("en")} ${films === 1 ? "film" : "films"}`
}

const WIDTH = 120
const MARGIN = 8

function section(name: string, text: string): string {
  const [first = "", ...rest] = text.split("\n")
  return [styleText("dim", name.padEnd(MARGIN)) + first, ...rest.map((line) => " ".repeat(MARGIN) + line)].join("\n")
}

// The source of a function keeps the indentation of its file, but for its first line.
function dedented(source: string): string {
  const indent = source.split("\n").at(-1)?.match(/^ */)?.[0] ?? ""
  return source.replaceAll(`\n${indent}`, "\n")
}

function sqlText({ sql, parameters }: Preview): string {
  const values = parameters.map((parameter, index) => `$${index + 1} = ${literal(parameter)}`)
  return styleText("cyan", [sql, ...values].map(wrapped).join("\n"))
}

function literal(parameter: unknown): string {
  if (Array.isArray(parameter)) return `array[${parameter.map(literal).join(", ")}]`
  return typeof parameter === "string" ? `'${parameter.replaceAll("'", "''")}'` : String(parameter)
}

// Broken before the clauses of a statement, and at blanks where a line is full, but never inside a quoted name or string.
function wrapped(text: string): string {
  const lines = [""]
  for (const [word] of text.matchAll(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g)) {
    const line = lines.at(-1) ?? ""
    if (CLAUSES.has(word)) lines.push(word)
    else if (line.length + 1 + word.length > WIDTH - MARGIN) lines.push(`  ${word}`)
    else lines[lines.length - 1] = line === "" ? word : `${line} ${word}`
  }
  return lines.join("\n")
}

const CLAUSES = new Set(["from", "where", "order", "limit", "offset"])

// The first rows and the last one: the end of an order shows where the films without a value are.
const SHOWN = 5

function tableText(columns: readonly string[], rows: readonly Row[]): string {
  const last = rows.at(-1)
  const shown = rows.length <= SHOWN + 1 || last === undefined ? rows : [...rows.slice(0, SHOWN - 1), columns.map(() => "..."), last]
  const table = new Table({ head: [...columns], style: { head: [], border: [], compact: true }, colAligns: columns.map((_, index) => alignment(rows, index)) })
  table.push(...shown.map((row) => row.map((cell) => String(cell ?? "-"))))
  return stripVTControlCharacters(table.toString())
}

function alignment(rows: readonly Row[], column: number): "left" | "right" {
  return rows.every((row) => /^[\d.,]*$/.test(String(row[column] ?? ""))) ? "right" : "left"
}
