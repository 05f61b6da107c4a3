import type { TableDefinition, TableName } from "../definition/records-definition.ts"
import { declaredIndexes, ownIndexesSql } from "../statement/index-statement.ts"
import type { TablePart } from "./change-table.ts"
import { changeTableSource } from "./change-table-source.ts"
import type { TableChange, TableDifference } from "./table-difference.ts"

/** A migration file: what its name says behind the time, and its text. */
export interface MigrationFile {
  readonly subject: string
  readonly text: string
}

/**
 * The Kysely migration that makes a table as its definition says. It imports only Kysely.
 *
 * @example
 * migrationFile(people, tableDifference(people, undefined)).subject // create_people
 */
export function migrationFile(definition: TableDefinition, { isMissing, changes }: TableDifference): MigrationFile {
  if (isMissing) return { subject: `create_${fileWord(definition.table)}`, text: tableFile(definition, changes) }
  return { subject: `${fileWord(definition.table)}_${subject(changes, definition)}`, text: changesFile(definition, changes) }
}

/** How the name of a migration ends that makes the table. */
export function createSuffix({ table }: TableName): string {
  return `_create_${fileWord(table)}`
}

/** A word for the name of a file. */
export function fileWord(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9]+/g, "_").toLowerCase()
}

const verbs = { create: "add", repair: "repair", drop: "drop" } as const

function subject(changes: readonly TableChange[], { table }: TableName): string {
  const [change, ...others] = changes.filter(({ part }) => !part.name.startsWith("extension "))
  if (change === undefined || others.length > 0) return "change_indexes"
  const [, index] = /^index (.+)$/s.exec(change.part.name) ?? []
  if (index === undefined) return "distribute"
  const words = fileWord(index.slice(table.length + 1).replace(/_?[0-9a-f]{8}$/, ""))
  return [verbs[change.kind], words, "index"].filter((word) => word !== "").join("_")
}

function tableFile(definition: TableDefinition, changes: readonly TableChange[]): string {
  const create = changes.flatMap(({ part }) =>
    part.create.map((statement) => statement.replace(/^create (table|(?:unique )?index) (?!if )/, "create $1 if not exists ")),
  )
  const names = declaredIndexes(definition).map(({ name }) => name)
  // "if not exists" takes an index of another table for its own.
  if (names.length > 0) create.push(ownIndexesSql(names, definition))
  return `import { type Kysely, sql } from "kysely"

/*
 * ${inComment(definition)}, written by kysely-records generate. Read it, change what must be otherwise, and commit it.
 */

${tableMark(definition)}

const table = ${list(create, "")}

export async function up(db: Kysely<any>): Promise<void> {
  // All of it, or nothing.
  await (db.isTransaction ? run(db, table) : db.transaction().execute((trx) => run(trx, table)))
}

/** Drops the table, with every record in it. */
export async function down(db: Kysely<any>): Promise<void> {
  await run(db, ${list(
    changes.flatMap(({ part }) => part.drop),
    "  ",
  )})
}

async function run(db: Kysely<any>, statements: readonly string[]): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}
`
}

function changesFile(definition: TableDefinition, changes: readonly TableChange[]): string {
  const named = changes.map((change) => ({ ...change, constant: fileWord(change.part.name) }))
  // Of a repair, and of an extension that others may use by then, there is nothing to take back.
  const undone = named.filter(({ kind, part }) => kind !== "repair" && !part.name.startsWith("extension ")).reverse()
  return `import { type Kysely, type QueryExecutorProvider, sql } from "kysely"

/*
 * ${inComment(definition)}, written by kysely-records generate. Read it, change what must be otherwise, and commit it.
 *
 * Its indexes are built and dropped while others read and write, which PostgreSQL does outside of transactions only.
 * db.migrate({ folder }) sees to that; kysely-ctl is told by disableTransactions: true in its configuration.
 */

${tableMark(definition)}

/** How long each statement waits for the locks and the transactions of others. */
const lockTimeout = "30s"

${named.map(({ part, constant }) => `const ${constant}: TablePart = ${partText(part)}\n`).join("\n")}
export async function up(db: Kysely<any>): Promise<void> {
  await changeTable(db, ${changeList(named)}, lockTimeout)
}

export async function down(db: Kysely<any>): Promise<void> {
  await changeTable(db, ${changeList(undone.map((change) => ({ ...change, isWanted: !change.isWanted })))}, lockTimeout)
}

${changeTableSource}`
}

/** What a migration file of a table exports beside `up` and `down`, so that no other table takes it for its own. */
export const TABLE_MARK = "recordsTable"

function tableMark(definition: TableName): string {
  return `/** The table that this is a migration of: no other one runs it. */
export const ${TABLE_MARK} = ${template(markedTable(definition))}`
}

const MARK_LINE = new RegExp(`^export const ${TABLE_MARK} = ["'\`](.+)["'\`];?\r?$`, "m")

/** Whether the text of a file says that it is a migration of a table, in whatever quotes a formatter has put it. */
export function isMigrationOf(definition: TableName, text: string): boolean {
  return MARK_LINE.exec(text)?.[1] === template(markedTable(definition)).slice(1, -1)
}

/** How a migration file names its table. */
export function markedTable({ schema, table }: TableName): string {
  return `${schema}.${table}`
}

function changeList(changes: readonly { readonly constant: string; readonly isWanted: boolean }[]): string {
  return `[${changes.map(({ constant, isWanted }) => `\n    { part: ${constant}, isWanted: ${isWanted} },`).join("")}${changes.length === 0 ? "" : "\n  "}]`
}

function partText({ name, state, create, drop, reasons = {} }: TablePart): string {
  const why = Object.entries(reasons).map(([code, reason]) => `\n    ${JSON.stringify(code)}: ${template(reason)},`)
  return `{
  name: ${template(name)},
  state: ${template(state)},
  create: ${list(create, "  ")},
  drop: ${list(drop, "  ")},${why.length === 0 ? "" : `\n  reasons: {${why.join("")}\n  },`}
}`
}

function list(statements: readonly string[], indent: string): string {
  return `[${statements.map((statement) => `\n${indent}  ${template(statement)},`).join("")}\n${indent}]`
}

// SQL has quotes of both kinds, and stays readable so.
function template(text: string): string {
  return `\`${text.replaceAll(/[\\`]|\$\{/g, (found) => `\\${found}`)}\``
}

function inComment({ schema, table }: TableName): string {
  return `${schema}.${table}`.replaceAll("*/", "* /").replaceAll(/\s+/g, " ")
}
