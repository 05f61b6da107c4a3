import type { Compilable, Kysely, Transaction } from "kysely"
import type { RecordsDefinition } from "../definition/records-definition.ts"
import { ConfigurationError, RecordNotFoundError } from "../errors.ts"
import { checkedClaim, checkedTarget } from "../predicate/checked-target.ts"
import type { Predicate } from "../predicate/predicate.ts"
import type { Change } from "../query/change.ts"
import type { JsonObject, RecordShape } from "../query/field.ts"
import type { ClaimQuery, StoredRecord, WriteQuery } from "../query/query.ts"
import { revisionsStatement } from "../statement/batch.ts"
import { deleteWhereStatement, updateWhereStatement } from "../statement/bulk-write.ts"
import { claimStatement, foundIdsStatement, lockStatement, type PatchCount, type PatchRow, patchWhereStatement } from "../statement/patch.ts"
import { RecordStatements } from "../statement/record-statements.ts"
import type { WriteTarget } from "../statement/write-target.ts"
import { writtenIsolated, writtenWhole } from "./batch.ts"
import { type BatchKind, deletions, newRecords, updates } from "./batch-kind.ts"
import {
  type BatchOptions,
  type BatchOutcome,
  type BatchRecord,
  type BatchResult,
  type BatchSource,
  batchOptions,
  NEW_BATCH_OPTIONS,
  type NewBatchOptions,
  type NoBatchOptions,
  type OnlyKnown,
} from "./batch-options.ts"
import type { BatchTarget } from "./batch-target.ts"
import { notStored } from "./database-error.ts"
import { knownId, type NewRecord, type RecordChanges, type RecordUpdate, writtenChanges, writtenRecord } from "./new-record.ts"
import { type GivenPatch, givenPatch, patchBatches, type RecordPatch } from "./patch-batch.ts"
import { locatedPatch } from "./patch-bisection.ts"
import { claimedRows, patchedCount, patchedRows, summed } from "./patch-outcome.ts"
import type { QueryObserver } from "./query-observer.ts"
import { type KyselyTables, RecordReader } from "./record-reader.ts"
import { type Row, storedRecord } from "./record-row.ts"
import { StatementRunner } from "./statement-runner.ts"
import { inTransaction } from "./transaction.ts"
import { readingSource } from "./transaction-scope.ts"
import { checkRevision, expectedRevision, type WriteOptions } from "./write-options.ts"
import { type WrittenPatch, writtenPatch } from "./written-patch.ts"

/**
 * The operations on one table of records, on one Kysely: the database's own, or a transaction's.
 * Inside a transaction every statement goes through that transaction and nothing else.
 *
 * `F` and `M` are the documents as they are stored, `FIn` and `MIn` as they are written: where a schema transforms what is
 * written, the two differ.
 */
export class RecordStore<F = JsonObject, M = JsonObject, FIn = F, MIn = M> extends RecordReader<F, M, FIn, MIn> {
  readonly #runner: StatementRunner

  constructor(
    kysely: Kysely<KyselyTables<F, M>>,
    definition: RecordsDefinition<F, M, FIn, MIn>,
    observer?: QueryObserver,
    statements = new RecordStatements(definition),
  ) {
    const runner = new StatementRunner(kysely, definition, statements, observer)
    super(kysely, definition, runner)
    this.#runner = runner
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
    const [row] = await this.#runner.rows("create", this.#runner.statements.create(written))
    if (row === undefined) throw notStored("create")
    return storedRecord(row)
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
  async createBatch<const Options extends OnlyKnown<NewBatchOptions, Options> = NoBatchOptions>(
    records: BatchSource<BatchRecord<FIn, MIn, Options>>,
    options?: Options,
  ): Promise<BatchOutcome<Options>> {
    const { isolates, onConflict } = batchOptions(options, "error", NEW_BATCH_OPTIONS)
    return this.#batch("createBatch", (operation) => newRecords(operation, this.definition, onConflict), records, isolates)
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
   * // with "met" as (select ... for no key update), "written" as (update ...) select ... from "met" left join "written" on true
   * @throws InvalidRecordError when JSON cannot hold it; RecordNotFoundError when there is no such record;
   * RevisionConflictError when it has another revision. Nothing is written then.
   */
  async update(id: string, changes: RecordChanges<FIn, MIn>, options: WriteOptions = {}): Promise<StoredRecord<F, M>> {
    const written = await writtenChanges(changes, this.definition)
    const row = await this.#write("update", id, options, (target) => this.#runner.statements.update(target, written))
    if (row === undefined) throw (await this.exists(id)) ? notStored("update") : new RecordNotFoundError(id)
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
    const row = await this.#write("upsert", written.id, options, (target) => this.#runner.statements.upsert(target, written))
    if (row === undefined) throw notStored("upsert")
    return storedRecord(row)
  }

  /**
   * Replaces documents of any number of records, as `update` does: all of them, or none. Gives their ids, in their order.
   *
   * @example
   * await db.updateBatch([{ id: ada.id, fields: { name: "Ada L." } }, { id: b, metadata: null, expectedRevision: 1 }])
   * // update "public"."records" as "kept" set ... from jsonb_to_recordset($1::jsonb) as given(...) where ...
   * @throws InvalidRecordError with the position and path; DuplicateRecordError when two are for one record;
   * RecordNotFoundError; RevisionConflictError. Nothing is written then. With `onError: "isolate"` the result tells of them.
   */
  async updateBatch<const Options extends OnlyKnown<BatchOptions, Options> = NoBatchOptions>(
    changes: BatchSource<RecordUpdate<FIn, MIn>>,
    options?: Options,
  ): Promise<BatchOutcome<Options>> {
    return this.#batch("updateBatch", (operation) => updates(operation, this.definition), changes, batchOptions(options).isolates)
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
  async upsertBatch<const Options extends OnlyKnown<NewBatchOptions, Options> = NoBatchOptions>(
    records: BatchSource<BatchRecord<FIn, MIn, Options>>,
    options?: Options,
  ): Promise<BatchOutcome<Options>> {
    const { isolates, onConflict } = batchOptions(options, "replace", NEW_BATCH_OPTIONS)
    return this.#batch("upsertBatch", (operation) => newRecords(operation, this.definition, onConflict), records, isolates)
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
    const [patched] = await this.#patch("patch", [givenPatch(id, changes, options, this.definition)])
    if (patched === undefined) throw notStored("patch")
    return patched.record
  }

  /**
   * Patches any number of records, each with changes of its own: all of them, or none. They come from a list, or from any
   * iterable or async iterable, which is read to its end before anything is sent. One statement makes the changes
   * of up to 1,000 records that differ in their values alone, and of one where Citus distributes the table. The records
   * come back in the order of the patches.
   *
   * @example
   * const records = await db.patchBatch([{ id: ada.id, changes: [increment("fields.age", 1)] }, { id: b, changes: [increment("fields.age", 2)] }])
   * // with "given" as (...), "found" as (... for no key update), "patched" as (...), "written" as (update ...) select ...
   * @throws as `patch`, for a patch that cannot be made, the first one of its statement. Nothing is written then.
   */
  async patchBatch(patches: NoInfer<BatchSource<RecordPatch<F, M>>>): Promise<StoredRecord<F, M>[]> {
    const batches = await patchBatches(patches, this.definition)
    if (batches.length <= 1) return this.#patchBatches(batches)
    return this.transaction(async (tx) => {
      // Citus locks no records of several shards: there they are patched one by one, in one order.
      if (!this.definition.distribute) await tx.#locked(batches.flat())
      return tx.#patchBatches(batches)
    })
  }

  /**
   * Makes the same changes to all records that the filters find, in one statement, and gives how many there are. Where Citus
   * distributes the table it is a statement for each, in one transaction.
   *
   * @example
   * await db.patchWhere({ filters: [filter("fields.name", "=", "Ada")] }, [increment("fields.age", 1)]) // 1
   * @throws InvalidQueryError, also without a filter: `{ all: true }` is every record. InvalidRecordError;
   * InapplicableChangeError with the records that do not allow a change. Nothing is written then.
   */
  async patchWhere(query: WriteQuery<RecordShape<F, M>>, changes: NoInfer<readonly Change<RecordShape<F, M>>[]>): Promise<number> {
    const filters = checkedTarget(query, this.definition)
    const patch = writtenPatch(changes, "", this.definition)
    // Citus locks no records of several shards.
    if (this.definition.distribute) return this.transaction((tx) => tx.#patchEach(filters, patch))
    const [row] = await this.#patchFound(filters, patch)
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
    return this.#runner.written("updateWhere", updateWhereStatement(this.#runner.db, this.definition, filters, written))
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
    return this.#runner.written("deleteWhere", deleteWhereStatement(this.#runner.db, this.definition, filters))
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
    const rows = await this.#runner.rows("claim", claimStatement(this.#runner.db, this.definition, patch, checked))
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
    const row = await this.#write("delete", id, options, (target) => this.#runner.statements.delete(target))
    return row !== undefined
  }

  /**
   * Deletes the records with these ids, and gives the ids of those that were there, in their order.
   *
   * @example
   * await db.deleteBatch([ada.id, b]) // delete from "public"."records" where "id" = any($1::uuid[]) returning "id" as "id"
   * @throws InvalidQueryError with the position of what is no string; InvalidRecordError with that of a record which another
   * table refers to. Nothing is deleted then. With `onError: "isolate"` the result tells of them.
   */
  async deleteBatch<const Options extends OnlyKnown<BatchOptions, Options> = NoBatchOptions>(
    ids: BatchSource<string>,
    options?: Options,
  ): Promise<BatchOutcome<Options>> {
    return this.#batch("deleteBatch", (operation) => deletions(operation, this.definition), ids, batchOptions(options).isolates)
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
    return inTransaction(this.kysely, this.#runner.where("transaction"), (trx) => work(this.with(trx)))
  }

  /**
   * The same records on a Kysely transaction of your own.
   *
   * @example
   * await kysely.transaction().execute(async (trx) => { await db.with(trx).create(a) })
   */
  with<Tables>(trx: Transaction<Tables>): RecordStore<F, M, FIn, MIn> {
    return new RecordStore(asKyselyTables<F, M>(trx), this.definition, this.#runner.observer, this.#runner.statements)
  }

  async #batch<Options>(
    operation: string,
    kindOf: (operation: string) => BatchKind,
    source: BatchSource<unknown>,
    isolates: boolean,
  ): Promise<BatchOutcome<Options>> {
    const target = this.#batchTarget(operation)
    const written = isolates ? writtenIsolated(kindOf(operation), source, target) : writtenWhole(() => kindOf(operation), source, target)
    const outcome: BatchResult | string[] = await written
    // Which of the two it is follows from the options.
    return outcome as BatchOutcome<Options>
  }

  #batchTarget(operation: string): BatchTarget {
    return {
      run: (statement, position) => this.#runner.result(operation, statement, position),
      db: this.#runner.db,
      definition: this.definition,
      reading: (read) => readingSource(this.kysely, read),
      transaction: (work) => this.transaction((tx) => work(tx.#batchTarget(operation))),
    }
  }

  // A write to one record gives its row, `undefined` where there is no such record.
  async #write(operation: string, id: string, options: WriteOptions, statement: (target: WriteTarget) => Compilable<Row>): Promise<Row | undefined> {
    const revision = expectedRevision(options, this.definition)
    const known = knownId(id, this.definition)
    const row = known === null ? undefined : await this.#metRow(operation, { id: known, expectedRevision: revision }, statement)
    if (revision === undefined) return row
    checkRevision(row && { revision: Number(row["met_revision"]) }, id, revision)
    // What is NULL there, was not written.
    if (row?.["id"] === null) throw notStored(operation)
    return row
  }

  async #metRow(operation: string, target: WriteTarget, statement: (target: WriteTarget) => Compilable<Row>): Promise<Row | undefined> {
    const write = statement(target)
    // Only a statement that is for a revision says what it met: of another one a trigger may have made something.
    const unmet = target.expectedRevision === undefined ? [] : [target.id]
    const { rows, there } = await this.#untilMet(operation, write, (all: readonly Row[]) => (all.length === 0 ? unmet : []))
    if (there.size > 0) throw notStored(operation)
    return rows[0]
  }

  // What another transaction deletes and makes anew, a statement that waits for that one does not meet; a later one does. It
  // has written nothing at all when there is one that it has not met. After some looks those are told that are there.
  async #untilMet<R>(operation: string, write: Compilable<R>, unmetOf: (rows: readonly R[]) => readonly string[], position?: number) {
    for (let look = 1; ; look += 1) {
      const rows = await this.#runner.rows(operation, write, position)
      const unmet = unmetOf(rows)
      const found = unmet.length === 0 ? [] : await this.#runner.rows(operation, revisionsStatement(this.#runner.db, this.definition, unmet))
      if (found.length === 0 || look === MOST_LOOKS) return { rows, there: new Set(found.map(({ id }) => id)) }
    }
  }

  // In one order, whatever statements they are patched by, so that two batches never wait for each other.
  async #locked(patches: readonly GivenPatch[]): Promise<void> {
    const ids = patches.map(({ id }) => id)
    await this.#runner.rows("patchBatch", lockStatement(this.#runner.db, this.definition, ids))
  }

  async #patchBatches(batches: readonly (readonly GivenPatch[])[]): Promise<StoredRecord<F, M>[]> {
    const records: StoredRecord<F, M>[] = []
    for (const batch of batches) {
      try {
        // A statement that fails takes a transaction along, but for its savepoint.
        const patched = this.kysely.isTransaction ? this.transaction((tx) => tx.#patch("patchBatch", batch)) : this.#patch("patchBatch", batch)
        for (const { record, position } of await patched) records[position] = record
      } catch (error) {
        throw await locatedPatch(batch, error, this.#batchTarget("patchBatch"), this.#runner.statements)
      }
    }
    return records
  }

  async #patchEach(filters: readonly Predicate[], patch: WrittenPatch): Promise<number> {
    const counts: PatchCount[] = []
    for (const { id } of await this.#runner.rows("patchWhere", foundIdsStatement(this.#runner.db, this.definition, filters))) {
      const isIt: Predicate = { kind: "column", column: "id", operator: "=", negated: false, operand: [id] }
      counts.push(...(await this.#patchFound([...filters, isIt], patch)))
    }
    return patchedCount(summed(counts), patch)
  }

  #patchFound(filters: readonly Predicate[], patch: WrittenPatch): Promise<PatchCount[]> {
    return this.#runner.rows("patchWhere", patchWhereStatement(this.#runner.db, this.definition, patch, filters))
  }

  async #patch(operation: string, patches: readonly GivenPatch[]): Promise<readonly { record: StoredRecord<F, M>; position: number }[]> {
    const [first] = patches
    const statement = this.#runner.statements.patch(first?.patch.changes ?? [], patches)
    const position = patches.length === 1 ? first?.position : undefined
    const unmetOf = (rows: readonly Pick<PatchRow, "asked" | "met">[]) => rows.filter(({ met }) => met === null).map(({ asked }) => asked)
    const { rows, there } = await this.#untilMet(operation, statement, unmetOf, position)
    return patchedRows(operation, rows, { patches, there, isTransaction: this.kysely.isTransaction }).map(({ row, position }) => ({
      record: storedRecord(row),
      position,
    }))
  }
}

const MOST_LOOKS = 5

function asKyselyTables<F, M>(trx: unknown): Kysely<KyselyTables<F, M>> {
  if (typeof trx === "object" && trx !== null && "isTransaction" in trx && trx.isTransaction === true) return trx as Kysely<KyselyTables<F, M>>
  throw new ConfigurationError("no_transaction", "with() takes a Kysely transaction: the `trx` of kysely.transaction().execute(async (trx) => ...)")
}
