import type { Compilable, Kysely, Transaction } from "kysely"
import type { RecordsDefinition } from "../definition/records-definition.ts"
import { ConfigurationError, RecordNotFoundError, RecordsError } from "../errors.ts"
import type { NumberForm } from "../json/exact-number.ts"
import { checkedQuery } from "../predicate/checked-query.ts"
import { checkedClaim, checkedTarget } from "../predicate/checked-target.ts"
import type { Change } from "../query/change.ts"
import type { JsonObject, RecordShape } from "../query/field.ts"
import type { ClaimQuery, Found, LooseQuery, Query, Selection, StoredRecord, WriteQuery } from "../query/query.ts"
import { deleteWhereStatement, updateWhereStatement } from "../statement/bulk-write.ts"
import { type ExplainOptions, explainStatement } from "../statement/explain.ts"
import { claimStatement, patchWhereStatement } from "../statement/patch.ts"
import { RecordStatements } from "../statement/record-statements.ts"
import type { RecordsTables } from "../statement/records-tables.ts"
import { type Preview, previewOf } from "../statement/search.ts"
import type { WriteTarget } from "../statement/write-target.ts"
import { type BatchTarget, readInTurn, writtenIsolated, writtenWhole } from "./batch.ts"
import { type BatchKind, deletions, newRecords, updates } from "./batch-kind.ts"
import {
  type BatchOptions,
  type BatchOutcome,
  type BatchResult,
  type BatchSource,
  batchOptions,
  NEW_BATCH_OPTIONS,
  type NewBatchOptions,
  type NoBatchOptions,
} from "./batch-options.ts"
import { databaseError } from "./database-error.ts"
import { type Explanation, explanation } from "./explanation.ts"
import { foundRecords } from "./found-records.ts"
import { knownId, type NewRecord, type RecordChanges, type RecordUpdate, writtenChanges, writtenRecord } from "./new-record.ts"
import { type GivenPatch, givenPatch, patchBatches, type RecordPatch } from "./patch-batch.ts"
import { claimedRows, patchedCount, patchedRows } from "./patch-outcome.ts"
import type { QueryObserver } from "./query-observer.ts"
import { numberForm, type ReadAs, type ReadOptions } from "./read-options.ts"
import { type Row, storedRecord } from "./record-row.ts"
import { statementRun } from "./statement-run.ts"
import { tablePlan } from "./table-plan.ts"
import { inTransaction } from "./transaction.ts"
import { statementInTurn } from "./transaction-scope.ts"
import { checkRevision, expectedRevision, type WriteOptions } from "./write-options.ts"
import { writtenPatch } from "./written-patch.ts"

/** The tables as a caller's own Kysely queries see them. */
export interface KyselyTables<F, M> {
  [table: string]: {
    id: string
    fields: F
    metadata: M | null
    /** A string from a server, a number from an embedded database. */
    revision: string | number
    created_at: Date
    updated_at: Date
  }
}

/**
 * The operations on one table of records, on one Kysely: the database's own, or a transaction's.
 * Inside a transaction every statement goes through that transaction and nothing else.
 *
 * `F` and `M` are the documents as they are stored, `FIn` and `MIn` as they are written: where a schema transforms what is
 * written, the two differ.
 */
export class RecordStore<F = JsonObject, M = JsonObject, FIn = F, MIn = M> {
  /** The Kysely that this store runs on, for queries of your own. In a transaction it is that transaction. */
  readonly kysely: Kysely<KyselyTables<F, M>>
  /** The table that the records are in. */
  readonly definition: RecordsDefinition<F, M, FIn, MIn>
  // Plugins of the caller's, such as CamelCasePlugin, would rename what is inside the documents.
  readonly #db: Kysely<RecordsTables>
  readonly #observer: QueryObserver | undefined
  readonly #statements: RecordStatements

  constructor(
    kysely: Kysely<KyselyTables<F, M>>,
    definition: RecordsDefinition<F, M, FIn, MIn>,
    observer?: QueryObserver,
    statements = new RecordStatements(definition),
  ) {
    this.kysely = kysely
    this.definition = definition
    this.#observer = observer
    this.#statements = statements
    this.#db = asRecordsTables(kysely.withoutPlugins())
  }

  /**
   * Stores one record and gives it back as it is stored, with its id, revision 1 and its times.
   *
   * @example
   * const ada = await db.create({ fields: { name: "Ada", age: 36 } })
   * // insert into "public"."records" ("id", "fields", "metadata") values ($1::uuid, $2::jsonb, nullif($3::jsonb, 'null')) returning ...
   * @throws InvalidRecordError when JSON cannot hold it; DuplicateRecordError when the id is taken. Nothing is written then.
   */
  async create(record: NewRecord<FIn, MIn>): Promise<StoredRecord<F, M>> {
    const written = await writtenRecord(record, "", this.definition)
    const [row] = await this.#run("create", this.#statements.create(written))
    return storedRecord(row ?? notStored("create"))
  }

  /**
   * Stores any number of records, all of them or none, and gives their ids in the order of the records. A list, or any
   * iterable or async iterable, is read no faster than it is written; no more than two statements' worth of it is in
   * memory. With `onConflict: "skip"` the ids of records that were skipped are left out.
   *
   * @example
   * const ids = await db.createBatch([{ fields: { name: "Ada" } }, { fields: { name: "Bo" } }])
   * // insert into "public"."records" ("id", "fields", "metadata") select ... from rows from (unnest($1::uuid[]), jsonb_array_elements($2::jsonb), ...) ...
   * const result = await db.createBatch([{ fields: { name: "Cy" } }, { id: "no id", fields: { name: "Di" } }], { onError: "isolate" })
   * result.failures.map(({ position }) => position) // [ 1 ]
   * @throws InvalidRecordError with the position and path of what JSON cannot hold; DuplicateRecordError when two have one
   * id, or one is taken; RevisionConflictError with `onConflict: "replaceIfRevision"`; RecordsError with the iterable's
   * error as its cause. Nothing is stored then. With `onError: "isolate"` the result tells of records that cannot be stored.
   */
  async createBatch<const Options extends NewBatchOptions = NoBatchOptions>(
    records: BatchSource<NewRecord<FIn, MIn>>,
    options?: Options,
  ): Promise<BatchOutcome<Options>> {
    const { isolates, onConflict } = batchOptions(options ?? {}, "error", NEW_BATCH_OPTIONS)
    return this.#batch(newRecords("createBatch", this.definition, onConflict), records, isolates)
  }

  /**
   * The record with an id, or `null` when there is none. A string that is no UUID is the id of no record. With
   * `numbers: "exact"` no digit of its numbers is lost.
   *
   * @example
   * await db.read("0190b0d2-5d3c-7c4e-8f10-0123456789ab") // ... where "id" = $1::uuid
   * await db.read(ada.id, { numbers: "exact" }) // select "id" as "id", ("fields")::text as "fields", ("metadata")::text as "metadata", ...
   * @throws StoredRecordError when the definition has `validateReads` and the record does not fit its schemas.
   */
  async read<N extends NumberForm = undefined>(id: string, options: ReadOptions<N> = {}): Promise<ReadAs<StoredRecord<F, M>, N> | null> {
    const numbers = numberForm(options)
    const known = knownId(id, this.definition)
    const rows = known === null ? [] : await this.#run("read", this.#statements.read(known, numbers))
    const [record] = await foundRecords<F, M, undefined, N>(rows, { select: undefined, numbers }, this.definition)
    return record ?? null
  }

  /**
   * The records with these ids, in their order, and `null` where there is none. With `numbers: "exact"` no digit of their
   * numbers is lost.
   *
   * @example
   * await db.readBatch([ada.id, b]) // select ... from "public"."records" where "id" = any($1::uuid[])
   * @throws InvalidQueryError for what is no string. StoredRecordError as `read`.
   */
  async readBatch<N extends NumberForm = undefined>(ids: BatchSource<string>, options: ReadOptions<N> = {}): Promise<(ReadAs<StoredRecord<F, M>, N> | null)[]> {
    return readInTurn<F, M, N>(ids, numberForm(options), this.#batchTarget("readBatch"))
  }

  /**
   * Replaces `fields`, `metadata` or both, each as a whole, adds one to the revision, and gives the record as it is then.
   * What is left out stays; `metadata: null` takes the metadata away. With `expectedRevision` only a record of that
   * revision is changed.
   *
   * @example
   * await db.update(ada.id, { fields: { name: "Ada", age: 37 } })
   * // update "public"."records" set "fields" = $1::jsonb, "revision" = "revision" + 1, "updated_at" = now() where "id" = $2::uuid returning ...
   * await db.update(ada.id, { fields: { name: "Ada", age: 38 } }, { expectedRevision: 2 })
   * // with "met" as (select ... for update), "written" as (update ...) select ... from "met" left join "written" on true
   * @throws InvalidRecordError when JSON cannot hold it; RecordNotFoundError when there is no such record;
   * RevisionConflictError when it has another revision. Nothing is written then.
   */
  async update(id: string, changes: RecordChanges<FIn, MIn>, options: WriteOptions = {}): Promise<StoredRecord<F, M>> {
    const written = await writtenChanges(changes, this.definition)
    const row = await this.#write("update", id, options, (target) => this.#statements.update(target, written))
    if (row === undefined) throw new RecordNotFoundError(id)
    return storedRecord(row)
  }

  /**
   * Stores a record whether there is one with its id or not, and gives it back as it is then. One that is there is
   * replaced as a whole, adds one to its revision and keeps its `createdAt`; metadata that is left out is taken away.
   * With `expectedRevision` the record must be there and have that revision.
   *
   * @example
   * await db.upsert({ id: ada.id, fields: { name: "Ada", age: 37 } })
   * // insert into ... on conflict ("id") do update set "fields" = "excluded"."fields", ... returning ...
   * @throws InvalidRecordError when JSON cannot hold it. With `expectedRevision` RecordNotFoundError when there is no such
   * record; RevisionConflictError when it has another revision. Nothing is written then.
   */
  async upsert(record: NewRecord<FIn, MIn>, options: WriteOptions = {}): Promise<StoredRecord<F, M>> {
    const written = await writtenRecord(record, "", this.definition)
    const row = await this.#write("upsert", written.id, options, (target) => this.#statements.upsert(target, written))
    return storedRecord(row ?? notStored("upsert"))
  }

  /**
   * Replaces documents of any number of records, as `update` does: all of them, or none. Gives their ids, in their order.
   *
   * @example
   * await db.updateBatch([{ id: ada.id, fields: { name: "Ada L." } }, { id: b, metadata: null, expectedRevision: 1 }])
   * // update "public"."records" set ... from jsonb_to_recordset($1::jsonb) as given(...) where ...
   * @throws InvalidRecordError with the position and path; DuplicateRecordError when two are for one record;
   * RecordNotFoundError; RevisionConflictError. Nothing is written then. With `onError: "isolate"` the result tells of them.
   */
  async updateBatch<const Options extends BatchOptions = NoBatchOptions>(
    changes: BatchSource<RecordUpdate<FIn, MIn>>,
    options?: Options,
  ): Promise<BatchOutcome<Options>> {
    return this.#batch(updates("updateBatch", this.definition), changes, batchOptions(options ?? {}).isolates)
  }

  /**
   * Stores any number of records, as `upsert` does: all of them, or none. It is `createBatch` with
   * `onConflict: "replace"`, and takes its options.
   *
   * @example
   * await db.upsertBatch([{ id: ada.id, fields: { name: "Ada L." } }, { fields: { name: "Cy" } }])
   * // insert into ... on conflict ("id") do update set ...
   * @throws as `createBatch`.
   */
  async upsertBatch<const Options extends NewBatchOptions = NoBatchOptions>(
    records: BatchSource<NewRecord<FIn, MIn>>,
    options?: Options,
  ): Promise<BatchOutcome<Options>> {
    const { isolates, onConflict } = batchOptions(options ?? {}, "replace", NEW_BATCH_OPTIONS)
    return this.#batch(newRecords("upsertBatch", this.definition, onConflict), records, isolates)
  }

  /**
   * Makes changes to what is stored in one record, one after the other, and gives it as it is then: all of them, or none.
   * Adds one to the revision, also where the documents are the same afterwards. With `expectedRevision` only a record of
   * that revision is changed.
   *
   * @example
   * await db.patch(ada.id, [set("fields.name", "Ada L."), increment("fields.age", 1), unset("metadata")])
   * // with "given" as (...), "found" as (... for no key update), "patched" as (...), "written" as (update ...) select ...
   * @throws InvalidRecordError with a JSON pointer to what has no meaning or cannot be stored; RecordNotFoundError;
   * RevisionConflictError; InapplicableChangeError when what is stored does not allow one. Nothing is written then.
   */
  async patch(id: string, changes: NoInfer<readonly Change<RecordShape<F, M>>[]>, options: WriteOptions = {}): Promise<StoredRecord<F, M>> {
    const [record] = await this.#patch("patch", [[givenPatch(id, changes, options, this.definition)]])
    return record ?? storedRecord({})
  }

  /**
   * Patches any number of records, each with changes of its own: all of them, or none. They come from a list, or from any
   * iterable or async iterable, which is read to its end before anything is sent. One statement makes the changes
   * of up to 1,000 records that differ in their values alone. The records come back in the order of the patches.
   *
   * @example
   * const records = await db.patchBatch([{ id: ada.id, changes: [increment("fields.age", 1)] }, { id: b, changes: [increment("fields.age", 2)] }])
   * // with "given" as (...), "found" as (... for no key update), "patched" as (...), "written" as (update ...) select ...
   * @throws as `patch`, for the first patch that cannot be made. Nothing is written then.
   */
  async patchBatch(patches: NoInfer<BatchSource<RecordPatch<F, M>>>): Promise<StoredRecord<F, M>[]> {
    const batches = await patchBatches(patches, this.definition)
    return batches.length > 1 ? this.transaction((tx) => tx.#patch("patchBatch", batches)) : this.#patch("patchBatch", batches)
  }

  /**
   * Makes the same changes to all records that the filters find, in one statement, and gives how many there are.
   *
   * @example
   * await db.patchWhere({ filters: [filter("fields.name", "=", "Ada")] }, [increment("fields.age", 1)]) // 1
   * @throws InvalidQueryError, also without a filter: `{ all: true }` is every record. InvalidRecordError;
   * InapplicableChangeError with the records that do not allow a change. Nothing is written then.
   */
  async patchWhere(query: WriteQuery<RecordShape<F, M>>, changes: NoInfer<readonly Change<RecordShape<F, M>>[]>): Promise<number> {
    const filters = checkedTarget(query, this.definition)
    const patch = writtenPatch(changes, "", this.definition)
    const [row] = await this.#run("patchWhere", patchWhereStatement(this.#db, this.definition, patch, filters))
    return patchedCount(row, patch)
  }

  /**
   * Replaces the documents of all records that the filters find, and gives how many there are.
   *
   * @example
   * await db.updateWhere({ filters: [filter("fields.name", "=", "Ada")] }, { metadata: null }) // 1
   * @throws InvalidQueryError, also without a filter: `{ all: true }` is every record. InvalidRecordError.
   */
  async updateWhere(query: WriteQuery<RecordShape<F, M>>, changes: RecordChanges<FIn, MIn>): Promise<number> {
    const filters = checkedTarget(query, this.definition)
    const written = await writtenChanges(changes, this.definition)
    const [row] = await this.#run("updateWhere", updateWhereStatement(this.#db, this.definition, filters, written))
    return Number(row?.count)
  }

  /**
   * Deletes all records that the filters find, and gives how many there were.
   *
   * @example
   * await db.deleteWhere({ filters: [filter("fields.name", "=", "Ada")] }) // 1
   * @throws InvalidQueryError, also without a filter: `{ all: true }` is every record.
   */
  async deleteWhere(query: WriteQuery<RecordShape<F, M>>): Promise<number> {
    const filters = checkedTarget(query, this.definition)
    const [row] = await this.#run("deleteWhere", deleteWhereStatement(this.#db, this.definition, filters))
    return Number(row?.count)
  }

  /**
   * Takes the first records of a query that no other transaction holds, and patches them in the same statement: a table
   * is a work queue so. The records come back in the order of the query, as they are then; with none free, none.
   *
   * @example
   * const [job] = await db.claim({ filters: [filter("fields.age", "not_exists")], sort: [{ field: "createdAt" }] }, [set("fields.age", 0)])
   * // with ..., "found" as (select ... order by "created_at" asc, "id" asc limit $2 for no key update skip locked), ...
   * @throws InvalidQueryError; InvalidRecordError; InapplicableChangeError. Nothing is claimed then. ConfigurationError
   * where the server cannot lock so, as on a table that Citus distributes.
   */
  async claim(
    query: ClaimQuery<RecordShape<F, M>>,
    changes: NoInfer<readonly Change<RecordShape<F, M>>[]>,
    options: { readonly limit?: number | undefined } = {},
  ): Promise<StoredRecord<F, M>[]> {
    const checked = checkedClaim(query, options, this.definition)
    const patch = writtenPatch(changes, "", this.definition)
    const rows = await this.#run("claim", claimStatement(this.#db, this.definition, patch, checked))
    return claimedRows(rows, patch).map((row) => storedRecord(row))
  }

  /**
   * Deletes the record with an id. `true` when it was there, `false` when there was none. With `expectedRevision` only a
   * record of that revision is deleted, and one that is not there is an error.
   *
   * @example
   * await db.delete(b) // delete from "public"."records" where "id" = $1::uuid returning "id"
   * await db.delete(ada.id, { expectedRevision: ada.revision }) // with "met" as (select ... for update), "written" as (delete ...) ...
   * @throws With `expectedRevision` RecordNotFoundError when there is no such record, RevisionConflictError when it has
   * another revision. Nothing is deleted then.
   */
  async delete(id: string, options: WriteOptions = {}): Promise<boolean> {
    const row = await this.#write("delete", id, options, (target) => this.#statements.delete(target))
    return row !== undefined
  }

  /**
   * Deletes the records with these ids, and gives the ids of those that were there, in their order.
   *
   * @example
   * await db.deleteBatch([ada.id, b]) // delete from "public"."records" where "id" = any($1::uuid[]) returning "id" as "id"
   * @throws InvalidQueryError for what is no string. Nothing is deleted then.
   */
  async deleteBatch(ids: BatchSource<string>): Promise<string[]> {
    return writtenWhole(deletions("deleteBatch", this.definition), ids, this.#batchTarget("deleteBatch"))
  }

  /**
   * Whether there is a record with an id.
   *
   * @example
   * await db.exists(ada.id) // select "id" from "public"."records" where "id" = $1::uuid
   */
  async exists(id: string): Promise<boolean> {
    const known = knownId(id, this.definition)
    const rows = known === null ? [] : await this.#run("exists", this.#statements.exists(known))
    return rows.length > 0
  }

  /**
   * How many records the filters find; without filters, all of them. Only `filters` is looked at.
   *
   * @example
   * await db.count({ filters: [filter("fields.age", ">=", 18)] }) // select count(*) as "count" from ... where ...
   * @throws InvalidQueryError
   */
  async count(query: Query<RecordShape<F, M>, Selection<RecordShape<F, M>>> = {}): Promise<number> {
    const [row] = await this.#ask("count", query, this.#statements.count(checkedQuery(query, this.definition)))
    return Number(row?.count)
  }

  /**
   * The records that a query finds, in its order. With `select`, rows of just those paths; with `numbers: "exact"` no digit
   * of a number is lost.
   *
   * @example
   * await db.search({ filters: [filter("fields.age", ">=", 18)], sort: [{ field: "fields.age", order: "desc" }], limit: 20 })
   * // select ... from "public"."records" where (coalesce("fields"->'age', 'null') >= $1::jsonb and ...) order by coalesce("fields"->'age', 'null') desc, "id" desc limit $2
   * @throws InvalidQueryError with a JSON pointer to what has no meaning. Nothing is sent then. StoredRecordError when the
   * definition has `validateReads` and a record does not fit its schemas.
   */
  async search<const Paths extends Selection<RecordShape<F, M>> = undefined, N extends NumberForm = undefined>(
    query: Query<RecordShape<F, M>, Paths> = {},
    options: ReadOptions<N> = {},
  ): Promise<ReadAs<Found<F, M, Paths>, N>[]> {
    const checked = checkedQuery(query, this.definition)
    const numbers = numberForm(options)
    const rows = await this.#ask("search", query, this.#statements.search(checked, numbers))
    return foundRecords(rows, { select: checked.select, numbers }, this.definition)
  }

  /**
   * The SQL and the parameters that `search` would send for a query. Nothing is sent, no connection is opened.
   *
   * @example
   * db.preview({ filters: [filter("fields.name", "=", "Ada")] })
   * // { sql: 'select ... where "fields" @> $1::jsonb order by "id" asc', parameters: ['{"name":"Ada"}'] }
   * @throws InvalidQueryError
   */
  preview(query: Query<RecordShape<F, M>, Selection<RecordShape<F, M>>> = {}, options: ReadOptions = {}): Preview {
    return previewOf(this.#statements.search(checkedQuery(query, this.definition), numberForm(options)))
  }

  /**
   * How PostgreSQL runs the search for a query: the plan as it gives it, the indexes that it uses, and a summary to read.
   * It explains the very statement that `search` sends. With `analyze` the search is run for it, and rows and buffers are
   * counted; without, only the plan is made.
   *
   * @example
   * const explained = await db.explain({ filters: [filter("fields.name", "=", "Ada")] })
   * // explain (format json) select ... where "fields" @> $1::jsonb order by "id" asc
   * @throws InvalidQueryError
   */
  async explain(query: Query<RecordShape<F, M>, Selection<RecordShape<F, M>>> = {}, options: ExplainOptions = {}): Promise<Explanation> {
    const statement = this.preview(query)
    const asked = explainStatement(statement, options)
    try {
      return explanation(statement, await statementInTurn(this.kysely, "explain", () => tablePlan(this.#db, this.definition, asked)))
    } catch (error) {
      throw databaseError(error, this.#where("explain"))
    }
  }

  /**
   * Runs `work` in a transaction and gives back what it gives: committed when it succeeds, rolled back when it throws,
   * and its own error is thrown then. Use `tx` for everything inside: to ask the outer one of an embedded database, which has
   * one connection, is an error there. A transaction of `tx` is a savepoint: what fails in it can be caught, and the rest
   * goes on; what runs beside it waits until it has ended.
   *
   * @example
   * await db.transaction(async (tx) => { await tx.create(a); await tx.delete(b) })
   * @throws TransactionConflictError when the server rolled it back: run it again. UnknownCommitError when the connection
   * broke during COMMIT.
   */
  async transaction<R>(work: (tx: RecordStore<F, M, FIn, MIn>) => Promise<R>): Promise<R> {
    return inTransaction(this.kysely, this.#where("transaction"), (trx) => work(this.with(trx)))
  }

  /**
   * The same records on a Kysely transaction of your own.
   *
   * @example
   * await kysely.transaction().execute(async (trx) => { await db.with(trx).create(a) })
   */
  with<Tables>(trx: Transaction<Tables>): RecordStore<F, M, FIn, MIn> {
    return new RecordStore(asKyselyTables<F, M>(trx), this.definition, this.#observer, this.#statements)
  }

  async #batch<Options>(kind: BatchKind, source: BatchSource<unknown>, isolates: boolean): Promise<BatchOutcome<Options>> {
    const target = this.#batchTarget(kind.operation)
    const outcome: BatchResult | string[] = isolates ? await writtenIsolated(kind, source, target) : await writtenWhole(kind, source, target)
    // Which of the two it is follows from the options.
    return outcome as BatchOutcome<Options>
  }

  #batchTarget(operation: string): BatchTarget {
    return {
      db: this.#db,
      definition: this.definition,
      run: (statement, position) => this.#run(operation, statement, position),
      transaction: (work) => this.transaction((tx) => work(tx.#batchTarget(operation))),
    }
  }

  // A write to one record gives its row, `undefined` where there is no such record.
  async #write(operation: string, id: string, options: WriteOptions, statement: (target: WriteTarget) => Compilable<Row>): Promise<Row | undefined> {
    const revision = expectedRevision(options, this.definition)
    const known = knownId(id, this.definition)
    const [row] = known === null ? [] : await this.#run(operation, statement({ id: known, expectedRevision: revision }))
    if (revision !== undefined) checkRevision(row && { revision: Number(row["met_revision"]) }, id, revision)
    return row
  }

  async #patch(operation: string, batches: readonly (readonly GivenPatch[])[]): Promise<StoredRecord<F, M>[]> {
    const records: StoredRecord<F, M>[] = []
    for (const batch of batches) {
      const rows = await this.#run(operation, this.#statements.patch(batch[0]?.patch.changes ?? [], batch))
      for (const { row, position } of patchedRows(rows, batch)) records[position] = storedRecord(row)
    }
    return records
  }

  async #ask<R>(operation: string, query: LooseQuery, statement: Compilable<R>): Promise<R[]> {
    const start = performance.now()
    const rows = await this.#run(operation, statement)
    this.#observer?.observe({ query, ...previewOf(statement), ms: performance.now() - start })
    return rows
  }

  async #run<R>(operation: string, statement: Compilable<R>, position?: number): Promise<R[]> {
    return statementInTurn(this.kysely, operation, () => statementRun(this.#db, statement, { ...this.#where(operation), position }))
  }

  #where(operation: string) {
    return { operation, table: this.definition.table, schema: this.definition.schema }
  }
}

// A Kysely runs any statement that PostgreSQL takes; what it believes the tables to be is a matter of types alone.
function asRecordsTables<F, M>(kysely: Kysely<KyselyTables<F, M>>): Kysely<RecordsTables> {
  return kysely as unknown as Kysely<RecordsTables>
}

function notStored(operation: string): never {
  throw new RecordsError("not_stored", `${operation}: the server has stored nothing, and said nothing: a trigger of the table has left the record out`)
}

function asKyselyTables<F, M>(trx: unknown): Kysely<KyselyTables<F, M>> {
  if (typeof trx === "object" && trx !== null && "isTransaction" in trx && trx.isTransaction === true) return trx as Kysely<KyselyTables<F, M>>
  throw new ConfigurationError("no_transaction", "with() takes a Kysely transaction: the `trx` of kysely.transaction().execute(async (trx) => ...)")
}
