import { resolve } from "node:path"
import { OUR_COLUMNS } from "../definition/record-columns.ts"
import type { RecordsDefinition } from "../definition/records-definition.ts"
import { ConfigurationError, DuplicateRecordError, RecordNotFoundError } from "../errors.ts"
import type { NumberForm } from "../json/exact-number.ts"
import { checkedQuery } from "../predicate/checked-query.ts"
import type { JsonObject, RecordShape } from "../query/field.ts"
import type { Found, Query, Selection, StoredRecord } from "../query/query.ts"
import { foundRecords, type ReadChecks } from "../store/found-records.ts"
import { knownId, type NewRecord, type RecordChanges, type WrittenTo, writtenChanges, writtenRecord } from "../store/new-record.ts"
import { numberForm, type ReadAs, type ReadOptions } from "../store/read-options.ts"
import { storedRecord } from "../store/record-row.ts"
import { checkRevision, expectedRevision, type WriteOptions } from "../store/write-options.ts"
import { changedFileRecord, type FileRecord, newFileRecords } from "./file-record.ts"
import { fileRow } from "./file-row.ts"
import { fileSearch, filtersTest } from "./file-search.ts"
import { RecordsFile } from "./records-file.ts"
import { recordText, writtenBatch } from "./written-batch.ts"

/** What a file of records holds. */
export interface FileDatabaseOptions<F, M, FIn = F, MIn = M> {
  /** The types of its records; without it, any JSON. The name of its table says nothing here. */
  readonly records?: RecordsDefinition<F, M, FIn, MIn> | undefined
}

/**
 * Typed records in a JSON file, with the operations of a `PostgresDatabase` and the same answers. A name that ends in
 * `.ndjson` or `.jsonl` is a file with one record a line; every other one is a JSON array of records.
 *
 * The whole file is read into memory, and again when it has changed. Each write replaces it whole, or not at all. A file
 * that is not there has no records, and the first write makes it. A file that is damaged is refused and never written.
 *
 * @example
 * const file = new FileDatabase("example.json", { records: people })
 * const records = await file.search() // []
 * @throws ConfigurationError for a path that is none.
 */
export class FileDatabase<F = JsonObject, M = JsonObject, FIn = F, MIn = M> {
  /** Where the file is, from the root. */
  readonly path: string
  readonly #file: RecordsFile
  readonly #records: WrittenTo & ReadChecks

  constructor(path: string, options: FileDatabaseOptions<F, M, FIn, MIn> = {}) {
    if (typeof path !== "string" || path === "" || path.includes("\u0000")) {
      throw new ConfigurationError("invalid_option", "FileDatabase: the path is a string that is not empty")
    }
    const unknown = Object.keys(options).find((key) => key !== "records")
    if (unknown !== undefined)
      throw new ConfigurationError("unknown_option", `FileDatabase: there is no option ${JSON.stringify(unknown)}: it takes { records }`)
    this.path = resolve(path)
    this.#file = new RecordsFile(this.path)
    const { schemas = {}, validateReads = false } = options.records ?? {}
    this.#records = { columns: OUR_COLUMNS, schemas, validateReads }
  }

  /**
   * Stores one record and gives it back as it is stored, with its id, revision 1 and its times.
   *
   * @example
   * const bo = await file.create({ fields: { name: "Bo" } })
   * bo.revision // 1
   * @throws InvalidRecordError when JSON cannot hold it; DuplicateRecordError when the id is taken; ConfigurationError when
   * the file is damaged or cannot be written. Nothing is written then.
   */
  async create(record: NewRecord<FIn, MIn>): Promise<StoredRecord<F, M>> {
    const written = await writtenRecord(record, "", this.#records)
    const [stored] = await this.#add("create", `[${recordText(written)}]`)
    return storedRecord(stored === undefined ? {} : fileRow(stored))
  }

  /**
   * Stores any number of records in one write: all of them, or none. The ids come back in the order of the records.
   * With no records nothing is written.
   *
   * @example
   * const everything = await db.search()
   * const ids = await file.createBatch(everything)
   * @throws InvalidRecordError with the position and path of what JSON cannot hold; DuplicateRecordError when two have one
   * id, or one is taken; ConfigurationError as `create`. Nothing is written then.
   */
  async createBatch(records: Iterable<NewRecord<FIn, MIn>>): Promise<string[]> {
    const { ids, json } = await writtenBatch(records, this.#records)
    if (ids.length > 0) await this.#add("createBatch", json)
    return [...ids]
  }

  /**
   * The record with an id, or `null` when there is none. A string that is no UUID is the id of no record.
   *
   * @example
   * await file.read("0190b0d2-5d3c-7c4e-8f10-0123456789ab") // null
   */
  async read<N extends NumberForm = undefined>(id: string, options: ReadOptions<N> = {}): Promise<ReadAs<StoredRecord<F, M>, N> | null> {
    const numbers = numberForm(options)
    const known = knownId(id)
    const found = known === null ? undefined : await this.#file.look((records) => records.get(known))
    const rows = found === undefined ? [] : [fileRow(found, undefined, numbers)]
    const [record] = await foundRecords<F, M, undefined, N>(rows, { select: undefined, numbers }, this.#records)
    return record ?? null
  }

  /**
   * Replaces `fields`, `metadata` or both, each as a whole, adds one to the revision, and gives the record as it is then.
   * What is left out stays; `metadata: null` takes the metadata away. With `expectedRevision` only a record of that
   * revision is changed.
   *
   * @example
   * const bo = await file.create({ fields: { name: "Bo" } })
   * const older = await file.update(bo.id, { fields: { name: "Bo", age: 17 } }, { expectedRevision: bo.revision })
   * older.revision // 2
   * @throws InvalidRecordError when JSON cannot hold it; RecordNotFoundError when there is no such record;
   * RevisionConflictError when it has another revision; ConfigurationError as `create`. Nothing is written then.
   */
  async update(id: string, changes: RecordChanges<FIn, MIn>, options: WriteOptions = {}): Promise<StoredRecord<F, M>> {
    const written = await writtenChanges(changes, this.#records)
    const changed = await this.#change(id, options, (record) => changedFileRecord(record, written))
    if (changed === undefined) throw new RecordNotFoundError(id)
    return storedRecord(fileRow(changed))
  }

  /**
   * Deletes the record with an id. `true` when it was there, `false` when there was none. With `expectedRevision` only a
   * record of that revision is deleted, and one that is not there is an error.
   *
   * @example
   * await file.delete(ada.id) // false
   * @throws With `expectedRevision` RecordNotFoundError when there is no such record, RevisionConflictError when it has
   * another revision. Nothing is deleted then.
   */
  async delete(id: string, options: WriteOptions = {}): Promise<boolean> {
    const deleted = await this.#change(id, options, () => undefined)
    return deleted !== undefined
  }

  /**
   * Whether there is a record with an id.
   *
   * @example
   * await file.exists(ada.id) // false
   */
  async exists(id: string): Promise<boolean> {
    const known = knownId(id)
    return known !== null && this.#file.look((records) => records.has(known))
  }

  /**
   * How many records the filters find; without filters, all of them. Only `filters` is looked at.
   *
   * @example
   * await file.count({ filters: [filter("fields.age", ">=", 18)] }) // 0
   * @throws InvalidQueryError; ConfigurationError when the file is damaged or cannot be read.
   */
  async count(query: Query<RecordShape<F, M>, Selection<RecordShape<F, M>>> = {}): Promise<number> {
    const test = filtersTest(checkedQuery(query))
    return this.#file.look((records) => Array.from(records.values()).filter(test).length)
  }

  /**
   * The records that a query finds, in its order. With `select`, rows of just those paths. `createBatch` takes the whole
   * records as they are, ids included.
   *
   * @example
   * const everything = await file.search()
   * const ids = await db.createBatch(everything) // []
   * @throws InvalidQueryError with a JSON pointer to what has no meaning, also for a regular expression outside of the
   * subset of `matches`; ConfigurationError when the file is damaged or cannot be read.
   */
  async search<const Paths extends Selection<RecordShape<F, M>> = undefined, N extends NumberForm = undefined>(
    query: Query<RecordShape<F, M>, Paths> = {},
    options: ReadOptions<N> = {},
  ): Promise<ReadAs<Found<F, M, Paths>, N>[]> {
    const checked = checkedQuery(query)
    const numbers = numberForm(options)
    const search = fileSearch(checked)
    const found = await this.#file.look((records) => search(records.values()))
    const rows = found.map((record) => fileRow(record, checked.select, numbers))
    return foundRecords(rows, { select: checked.select, numbers }, this.#records)
  }

  // What a function makes of the record with an id takes its place, `undefined` takes it away. Gives what was made, or was there.
  async #change(id: string, options: WriteOptions, make: (record: FileRecord) => FileRecord | undefined): Promise<FileRecord | undefined> {
    const revision = expectedRevision(options)
    const known = knownId(id)
    return this.#file.change((records) => {
      const record = known === null ? undefined : records.get(known)
      if (revision !== undefined) checkRevision(record, id, revision)
      if (record === undefined) return { records, result: undefined }
      const made = make(record)
      const others = [...records].flatMap((entry) => (entry[1] !== record ? [entry] : made === undefined ? [] : [[record.id, made] as const]))
      return { records: new Map(others), result: made ?? record }
    })
  }

  async #add(operation: string, json: string): Promise<readonly FileRecord[]> {
    return this.#file.change((records) => {
      const added = newFileRecords(json)
      if (added.some(({ id }) => records.has(id))) {
        throw new DuplicateRecordError(`${operation}: there is a record with this id already: nothing was written; use update() to change a record that exists`)
      }
      return { records: new Map([...records, ...added.map((record) => [record.id, record] as const)]), result: added }
    })
  }
}
