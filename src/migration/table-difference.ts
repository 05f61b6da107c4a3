import { isMapped } from "../definition/record-columns.ts"
import type { TableDefinition } from "../definition/records-definition.ts"
import { ginIndexes, INDEX_MARK, indexStatements } from "../statement/index-statement.ts"
import type { PartChange, TablePart } from "./change-table.ts"
import { columnFaults } from "./column-faults.ts"
import type { LiveIndex, LiveTable } from "./live-table.ts"
import { distributionPart, extensionPart, livePart, tablePart, type WantedIndex, wantedIndexes } from "./table-parts.ts"

/** What has to be done to a table, so that it is as its definition says. */
export interface TableChange extends PartChange {
  /** `repair`: an index that an interrupted build has left invalid is built again. */
  readonly kind: "create" | "repair" | "drop"
}

/** How a table differs from its definition. */
export interface TableDifference {
  /** There is no table: the one change makes it, with everything that it has, unless that is the application's to do. */
  readonly isMissing: boolean
  readonly changes: readonly TableChange[]
  /** What no migration that could be written here puts right, such as a column that is missing or of another type. */
  readonly faults: readonly string[]
}

/**
 * How a table differs from its definition. An index that was not made from a definition is nobody's concern here.
 *
 * @example
 * tableDifference(people, undefined).changes[0]?.part.name // table people
 */
export function tableDifference(definition: TableDefinition, live: LiveTable | undefined): TableDifference {
  if (live === undefined) return missingTable(definition)
  const changes = [...indexChanges(definition, live), ...distribution(definition, live)]
  return { isMissing: false, changes, faults: [...columnFaults(definition, live.columns), ...partitionFaults(definition, live), ...kindFaults(live, changes)] }
}

function indexChanges(definition: TableDefinition, live: LiveTable): readonly TableChange[] {
  const wanted = wantedIndexes(definition, live.partitions)
  const names = new Set(wanted.map(({ name }) => name))
  const valid = live.indexes.filter(({ isValid }) => isValid)
  const present = new Set([...valid.map(({ name }) => name), ...valid.flatMap(({ definition: sql }) => heldText(sql))])
  const missing = wanted.filter(({ name, holds }) => ![name, ...heldText(holds)].some((text) => present.has(text)))
  const there = new Set(live.indexes.map(({ name }) => name))
  // One that was given another name serves in the place of the one that is wanted.
  const unnamed = wanted.filter(({ name }) => !valid.some((index) => index.name === name)).flatMap(({ holds }) => heldText(holds))
  const isServing = (index: LiveIndex) => index.isValid && heldText(index.definition).some((text) => unnamed.includes(text))
  const dropped = live.indexes.filter((index) => !names.has(index.name) && isOurs(index, definition) && !isServing(index))
  return [
    ...missingExtensions(missing, live).map((extension) => wantedPart("create", extensionPart(extension))),
    ...missing.map(({ name, part }) => wantedPart(there.has(name) ? "repair" : "create", part)),
    ...dropped.map((index): TableChange => ({ kind: "drop", part: livePart(index, definition, live.partitions), isWanted: false })),
  ]
}

// A name that looks like one of ours is no proof: somebody may be building an index of such a name at this moment. The first
// migration marks no GIN, but knows its name and what it holds.
function isOurs({ name, definition: sql, comment }: LiveIndex, definition: TableDefinition): boolean {
  const documents = (["fields", "metadata"] as const).filter((column) => definition.columns[column] !== undefined)
  return (
    comment === INDEX_MARK ||
    ginIndexes(definition, documents).some((gin) => gin.name === name && heldText(gin.holds).some((text) => heldText(sql).includes(text)))
  )
}

/** The indexes that a definition declares and that are there, but without the comment by which they are known when it no longer does. */
export function unmarkedIndexes(definition: TableDefinition, { indexes }: LiveTable): readonly string[] {
  const bare = new Set(indexes.filter(({ isValid, comment }) => isValid && comment === null).map(({ name }) => name))
  return indexStatements(definition).flatMap(({ name }) => (bare.has(name) ? [name] : []))
}

function missingExtensions(indexes: readonly WantedIndex[], { extensions }: LiveTable): readonly string[] {
  return [...new Set(indexes.flatMap(({ extension }) => extension ?? []))].filter((extension) => !extensions.includes(extension))
}

// A GIN on a whole document serves under any name: a table that was there before may have one. Whether it holds the records
// without that document makes no difference: no containment finds them. PostgreSQL's words are upper case, ours lower; in a
// name the case tells one from another.
function heldText(definition: string): readonly string[] {
  const gin = /(?:using|USING) (gin \(("(?:[^"]|"")+"|\w+) jsonb_path_ops\))(?: WITH \([^()]*\))?(?: WHERE \(\2 IS NOT NULL\))?$/s
  const held = gin.exec(definition)?.[1]
  return held === undefined ? [] : [held.replaceAll('"', "")]
}

function distribution(definition: TableDefinition, live: LiveTable): readonly TableChange[] {
  return definition.distribute && !live.isDistributed ? [wantedPart("create", distributionPart(definition))] : []
}

function wantedPart(kind: "create" | "repair", part: TablePart): TableChange {
  return { kind, part, isWanted: true }
}

function missingTable(definition: TableDefinition): TableDifference {
  if (!isMapped(definition.columns)) return { isMissing: true, changes: [wantedPart("create", tablePart(definition))], faults: [] }
  const fault = "is not there, and a table whose columns are mapped is the application's to make: make it, or leave `columns` out of the definition"
  return { isMissing: true, changes: [], faults: [fault] }
}

function kindFaults({ isOther }: LiveTable, changes: readonly TableChange[]): readonly string[] {
  if (isOther === undefined || changes.length === 0) return []
  return [`is ${isOther}, which can have no index: leave \`indexes\` out of its definition, and say gin: false`]
}

function partitionFaults({ partitions }: TableDefinition, live: LiveTable): readonly string[] {
  if (partitions === live.partitions?.length) return []
  const layout = (count: number | undefined) => (count === undefined ? "no partitions" : `${count} partitions`)
  return [
    `has ${layout(live.partitions?.length)}, and its definition says ${layout(partitions)}: only a new table, and the records copied into it, can change that`,
  ]
}
