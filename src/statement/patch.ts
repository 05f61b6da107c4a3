import { type Expression, type Kysely, type RawBuilder, sql } from "kysely"
import { OUR_COLUMNS, type RecordColumns } from "../definition/record-columns.ts"
import type { TableDefinition } from "../definition/records-definition.ts"
import { isNullable, jsonAccessor } from "../expression/accessor.ts"
import { allOf } from "../expression/compile-filter.ts"
import { orderTerms } from "../expression/order.ts"
import { patchedDocument } from "../expression/patched-document.ts"
import { outermost, type Scope } from "../expression/scope.ts"
import type { DocumentColumn } from "../path/json-path.ts"
import type { CheckedChange } from "../predicate/checked-change.ts"
import type { CheckedQuery } from "../predicate/checked-query.ts"
import type { Predicate } from "../predicate/predicate.ts"
import type { Givens } from "./compiled-statements.ts"
import { type RecordsTables, tableOf } from "./records-tables.ts"
import { searchStatement } from "./search.ts"
import { columnNames, idsOperand, recordSelection, touched } from "./stored-columns.ts"
import type { WriteTarget } from "./write-target.ts"

/*
 * A patch is one statement of four steps. `given`: what the caller gave, the values of the changes among it. `found`: the
 * records, locked, as they are now and not as they were when the statement began. `patched`: their documents after the
 * changes, or the position of the change that cannot apply. `written`: the update, of all of them or of none.
 */

/** The changes that a statement makes. */
export interface Patch {
  readonly changes: readonly CheckedChange[]
  /** Their values, as a JSON list. */
  readonly values: string
}

/** A record that is patched by its id. */
export interface PatchTarget extends WriteTarget {
  readonly patch: Patch
}

/** What came of a patch of one record: what `patched` says, and the columns of the record, NULL where nothing was written. */
export interface PatchRow {
  /** The id that was asked for. */
  readonly asked: string
  /** `null` where there is no such record. */
  readonly met: string | null
  readonly met_revision: string | number | null
  /** The position of the change that cannot apply. */
  readonly failed: number | null
}

/** What a patch of some records binds. */
export interface PatchValues {
  readonly ids: readonly string[]
  /** For each the revision that it must have and the values of its changes, as a JSON list. */
  readonly rows: string
}

/** What the statement for some patches binds. */
export function patchValues(targets: readonly PatchTarget[]): PatchValues {
  const rows = targets.map(
    ({ id, expectedRevision, patch }) => `{"asked":${JSON.stringify(id)},"revision":${expectedRevision ?? null},"values":${patch.values}}`,
  )
  return { ids: targets.map(({ id }) => id), rows: `[${rows.join(",")}]` }
}

/** What the text of a patch follows from: patches of one shape differ in their values alone. */
export function patchShape(changes: readonly CheckedChange[]): string {
  return JSON.stringify(changes.map((change) => ({ ...change, value: "" })))
}

/** The statement that makes changes to the records with some ids, with values of their own; a row for each. */
export function patchStatement(db: Kysely<RecordsTables>, definition: TableDefinition, changes: readonly CheckedChange[], { ids, rows }: Givens<PatchValues>) {
  const { id } = columnNames(definition)
  const given = sql<Row>`select * from jsonb_to_recordset(${rows}::jsonb) as "row"("asked" ${sql.raw(definition.columns.id.type)}, "revision" bigint, "values" jsonb)`
  const isAsked = (column: string) => sql<boolean>`${sql.ref(column)} = any(${idsOperand(definition, ids)})`
  // In one order, so that two patches of the same records never wait for each other.
  const found = db.selectFrom(tableOf(definition)).select(recordSelection(definition)).where(isAsked(id)).orderBy(sql.ref(id))
  return written(db, definition, changes, {
    given,
    found: found.forNoKeyUpdate(),
    isKept: isAsked(`kept.${id}`),
    columns: sql`"given"."asked", "given"."revision" as "wanted_revision", coalesce("found"."revision", 0) as "met_revision"`,
    from: sql`"given" left join "found" on "found"."id" = "given"."asked"`,
    isRefused: sql`"met" is null or "failed" is not null or "met_revision" <> "wanted_revision"`,
  })
    .selectFrom("patched")
    .leftJoin("written", (join) => join.onRef("written.id", "=", "patched.met"))
    .select(["patched.asked", "patched.met", "patched.met_revision", "patched.failed"])
    .selectAll("written")
}

/** Locks the records with some ids, in the order of `patchStatement`. */
export function lockStatement(db: Kysely<RecordsTables>, definition: TableDefinition, ids: readonly string[]) {
  const { id } = columnNames(definition)
  return db
    .selectFrom(tableOf(definition))
    .select(`${id} as id`)
    .where(id, "=", sql<string>`any(${idsOperand(definition, ids)})`)
    .orderBy(sql.ref(id))
    .forNoKeyUpdate()
}

/** What came of a patch of all records that some filters find. */
export interface PatchCount {
  readonly count: string | number
  /** How many records a change cannot apply to: where there are any, nothing was written. */
  readonly refused: string | number
  /** The first of them, by id. */
  readonly failures: readonly { readonly id: string; readonly failed: number }[]
}

/** How many of the records that could not be patched are named. */
export const MOST_FAILURES = 100

/** The statement that makes changes to all records that the filters find; one row. */
export function patchWhereStatement(db: Kysely<RecordsTables>, definition: TableDefinition, { changes, values }: Patch, filters: readonly Predicate[]) {
  const { id } = columnNames(definition)
  // In the order of `patchStatement`.
  const found = db.selectFrom(tableOf(definition)).select(recordSelection(definition)).where(allOf(filters, definition)).orderBy(sql.ref(id))
  const first = sql`select "met" as "id", "failed" from "patched" where "failed" is not null order by "met" limit ${MOST_FAILURES}`
  return written(db, definition, changes, sharing(values, found.forNoKeyUpdate())).selectNoFrom([
    sql<string>`(select count(*) from "written")`.as("count"),
    sql<string>`(select count("failed") from "patched")`.as("refused"),
    sql<PatchCount["failures"]>`(select coalesce(jsonb_agg("first"), '[]') from (${first}) as "first")`.as("failures"),
  ])
}

/** The ids of all records that the filters find, in the order of `patchStatement`. */
export function foundIdsStatement(db: Kysely<RecordsTables>, definition: TableDefinition, filters: readonly Predicate[]) {
  const { id } = columnNames(definition)
  return db.selectFrom(tableOf(definition)).select(`${id} as id`).where(allOf(filters, definition)).orderBy(sql.ref(id)).$castTo<{ id: string }>()
}

/** The statement that takes the first records of a query that nobody else has locked, and makes changes to them; a row for each. */
export function claimStatement(db: Kysely<RecordsTables>, definition: TableDefinition, { changes, values }: Patch, query: CheckedQuery) {
  const found = searchStatement(db, definition, { ...query, select: undefined })
    .forNoKeyUpdate()
    .skipLocked()
  const order = sql.raw(orderTerms(query.sort, foundScope(definition)).join(", "))
  return written(db, definition, changes, { ...sharing(values, found), columns: sql`row_number() over (order by ${order}) as "place"` })
    .selectFrom("patched")
    .leftJoin("written", (join) => join.onRef("written.id", "=", "patched.met"))
    .select(["patched.met", "patched.failed"])
    .selectAll("written")
    .orderBy("patched.place")
}

interface Steps {
  readonly given: Expression<Row>
  readonly found: Expression<Row>
  /** Further columns of `patched`. */
  readonly columns?: RawBuilder<unknown>
  readonly from: RawBuilder<unknown>
  /** Which records are written to, as far as that is known before: else the planner takes them for many, and reads a table that is not large. */
  readonly isKept?: RawBuilder<boolean>
  /** Which rows of `patched` keep all of them from being written. */
  readonly isRefused: RawBuilder<unknown>
}

type Row = Record<string, unknown>

/** A row of `patched`; a claim has the place of each in its order. */
export interface PatchedRow extends PatchRow {
  readonly place: string
}

// Changes whose values are the same for every record.
function sharing(values: string, found: Steps["found"]): Steps {
  return { given: sql<Row>`select ${values}::jsonb as "values"`, found, from: sql`"given" cross join "found"`, isRefused: sql`"failed" is not null` }
}

function written(db: Kysely<RecordsTables>, definition: TableDefinition, changes: readonly CheckedChange[], steps: Steps) {
  const scope = foundScope(definition)
  const documents = documentsOf(definition).flatMap((column) => {
    const own = changes.filter(({ path }) => path.column === column)
    return own.length === 0
      ? []
      : [{ column, name: definition.columns[column]?.name ?? column, sql: sql.raw(patchedDocument(own, startOf(column, scope), '"given"."values"')) }]
  })
  const columns = documents.map(({ column }) => sql`${sql.ref(`${column}_after.document`)} as ${sql.ref(`new_${column}`)}`)
  const failed = sql`least(${sql.join(documents.map(({ column }) => sql.ref(`${column}_after.failed`)))})`
  const after = documents.map(({ column, sql: document }) => sql` left join lateral (${document}) as ${sql.ref(`${column}_after`)} on "found"."id" is not null`)
  const patched = sql`select ${sql.join([...(steps.columns === undefined ? [] : [steps.columns]), sql`"found"."id" as "met"`, sql`${failed} as "failed"`, ...columns])} from ${steps.from}${sql.join(after, sql``)}`
  const changed = documents.map(({ column, name }) => [name, endOf(column, scope)] as const)
  return db
    .with("given", () => sql<Row>`(${steps.given})`)
    .with("found", () => steps.found)
    .with("patched", () => sql<PatchedRow>`(${patched})`)
    .with("written", (cte) =>
      cte
        .updateTable(`${tableOf(definition)} as kept`)
        .from("patched")
        .set({ ...Object.fromEntries(changed), ...touched(definition, "kept") })
        .where(sql.ref<string>(`kept.${columnNames(definition).id}`), "=", sql.ref<string>("patched.met"))
        .$call((update) => (steps.isKept === undefined ? update : update.where(steps.isKept)))
        .where(sql<boolean>`not exists (select from "patched" where ${steps.isRefused})`)
        .returning(recordSelection(definition, "kept")),
    )
}

function documentsOf({ columns }: TableDefinition): readonly DocumentColumn[] {
  return columns.metadata === undefined ? ["fields"] : ["fields", "metadata"]
}

// A document that is SQL NULL is JSON null while it is changed: there SQL NULL says that a change cannot apply.
function startOf(column: DocumentColumn, scope: Scope): string {
  const document = jsonAccessor({ column, steps: [] }, scope)
  return isNullable(column, scope) ? `coalesce(${document}, 'null')` : document
}

function endOf(column: DocumentColumn, scope: Scope): RawBuilder<unknown> {
  const document = sql.ref(`patched.new_${column}`)
  return isNullable(column, scope) ? sql`nullif(${document}, 'null')` : document
}

// `found` has the columns that `recordSelection` names; what they may hold is as in the table.
function foundScope({ columns, lookup }: TableDefinition): Scope {
  const { id, fields, metadata, revision, createdAt, updatedAt } = OUR_COLUMNS
  const renamed: RecordColumns = {
    id: { ...columns.id, name: id.name },
    fields: { ...columns.fields, name: fields.name },
    metadata: columns.metadata && { ...columns.metadata, name: metadata?.name ?? "" },
    revision: columns.revision && { ...columns.revision, name: revision?.name ?? "" },
    createdAt: { ...columns.createdAt, name: createdAt.name },
    updatedAt: { ...columns.updatedAt, name: updatedAt.name },
  }
  return outermost({ columns: renamed, lookup }, "found")
}
