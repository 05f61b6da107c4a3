import type { RecordColumns } from "../definition/record-columns.ts"
import type { TableDefinition } from "../definition/records-definition.ts"
import type { LiveColumn } from "./live-table.ts"

/** A column as its definition wants it. */
interface WantedColumn {
  readonly column: keyof RecordColumns
  readonly name: string
  /** As `migrate` makes it: the SQL counts on that. */
  readonly isOurs: boolean
  /** As a definition names it. */
  readonly type: "uuid" | "text" | "jsonb" | "bigint" | "timestamptz" | "timestamp"
}

/**
 * What is wrong with the columns that a table has, each with what is there, what the definition says, and what to do.
 *
 * @example
 * columnFaults(defineRecords(), [{ name: "id", type: "uuid", isNotNull: true, isUnique: true }])[0]
 * // lacks the column "fields" (jsonb): add it, or name in `columns` the one that the table has instead
 */
export function columnFaults({ columns }: TableDefinition, live: readonly LiveColumn[]): readonly string[] {
  const there = new Map(live.map((column) => [column.name, column]))
  return wantedColumns(columns).flatMap((wanted) => columnFault(wanted, there.get(wanted.name)) ?? [])
}

function wantedColumns({ id, fields, metadata, revision, createdAt, updatedAt }: RecordColumns): readonly WantedColumn[] {
  return [
    { ...id, column: "id" },
    { ...fields, column: "fields", type: "jsonb" },
    ...(metadata === undefined ? [] : [{ ...metadata, column: "metadata", type: "jsonb" } as const]),
    ...(revision === undefined ? [] : [{ ...revision, column: "revision", type: "bigint" } as const]),
    { ...createdAt, column: "createdAt" },
    { ...updatedAt, column: "updatedAt" },
  ]
}

function columnFault(wanted: WantedColumn, live: LiveColumn | undefined): string | undefined {
  const name = JSON.stringify(wanted.name)
  if (live === undefined) return `lacks the column ${name} (${wanted.type}): add it, or ${instead(wanted)}`
  // The words of PostgreSQL, without lengths and precisions: timestamp(3) with time zone.
  const there = live.type.replace(/\(.+\)/, "")
  if (!acceptedTypes(wanted).includes(there)) return `has the column ${name} as ${there}, and its definition says ${wanted.type}: ${remedy(wanted, there)}`
  if (wanted.column === "id" && !(live.isUnique && live.isNotNull))
    return `has the column ${name} neither as its primary key nor as not null and unique by itself: records are told apart by it, so make it one`
  return wanted.isOurs ? unlikeOurs(wanted, live) : undefined
}

function instead({ column }: WantedColumn): string {
  const none = column === "metadata" || column === "revision" ? `, or that it has none (columns: { ${column}: false })` : ""
  return `name in \`columns\` the one that the table has instead${none}`
}

const SAME_TYPES: Record<WantedColumn["type"], readonly string[]> = {
  uuid: ["uuid"],
  text: ["text", "character varying"],
  jsonb: ["jsonb"],
  bigint: ["bigint"],
  timestamptz: ["timestamp with time zone"],
  timestamp: ["timestamp without time zone"],
}

function acceptedTypes({ type, isOurs }: WantedColumn): readonly string[] {
  // A table that was there before may count in any whole numbers.
  return type === "bigint" && !isOurs ? ["bigint", "integer", "smallint"] : SAME_TYPES[type]
}

// The type that the definition could name instead, where there is one.
function nameable({ column }: WantedColumn, there: string): string | undefined {
  const types = { id: ["uuid", "text"], createdAt: ["timestamptz", "timestamp"], updatedAt: ["timestamptz", "timestamp"] } as const
  if (column !== "id" && column !== "createdAt" && column !== "updatedAt") return undefined
  return types[column].find((type) => SAME_TYPES[type].includes(there))
}

function remedy(wanted: WantedColumn, there: string): string {
  const { column, name, type } = wanted
  const other = nameable(wanted, there)
  if (other !== undefined) return `say columns: { ${column}: { name: ${JSON.stringify(name)}, type: "${other}" } }, or change the column`
  if (wanted.isOurs && acceptedTypes({ ...wanted, isOurs: false }).includes(there)) return asItIs(wanted)
  return `change the column to ${type}, or name another one in \`columns\``
}

// As migrate makes them, columns but metadata are never NULL, and times are whole milliseconds.
function unlikeOurs(wanted: WantedColumn, { type, isNotNull }: LiveColumn): string | undefined {
  const name = JSON.stringify(wanted.name)
  if (!isNotNull && wanted.column !== "metadata") return `has the column ${name} without not null, unlike one that migrate() makes: ${asItIs(wanted)}`
  if (wanted.type === "timestamptz" && !/\([0-3]\)/.test(type))
    return `has the column ${name} with microseconds, unlike one that migrate() makes: ${asItIs(wanted)}`
  return undefined
}

function asItIs({ column, name }: WantedColumn): string {
  return `say columns: { ${column}: ${JSON.stringify(name)} }, which takes it as it is, or change the column`
}
