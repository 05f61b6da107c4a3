import type { Kysely } from "kysely"
import type { RecordsDefinition } from "../definition/records-definition.ts"
import type { NumberForm } from "../json/exact-number.ts"
import type { JsonObject, RecordShape } from "../query/field.ts"
import type { Found, Query, Selection, StoredRecord } from "../query/query.ts"
import { type ExplainOptions, explainStatement } from "../statement/explain.ts"
import { type Preview, previewOf } from "../statement/search.ts"
import type { BatchSource } from "./batch-options.ts"
import { readInTurn } from "./batch-read.ts"
import { type Explanation, explanation } from "./explanation.ts"
import { foundRecords } from "./found-records.ts"
import { knownId } from "./new-record.ts"
import { numberForm, type ReadAs, type ReadOptions } from "./read-options.ts"
import type { StatementRunner } from "./statement-runner.ts"

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

/** What reads the records of one table: one by its id, those of a query, how many there are, and how PostgreSQL finds them. */
export class RecordReader<F = JsonObject, M = JsonObject, FIn = F, MIn = M> {
  /** The Kysely that this store runs on, for queries of your own. In a transaction it is that transaction. */
  readonly kysely: Kysely<KyselyTables<F, M>>
  /** The table that the records are in. */
  readonly definition: RecordsDefinition<F, M, FIn, MIn>
  readonly #runner: StatementRunner

  constructor(kysely: Kysely<KyselyTables<F, M>>, definition: RecordsDefinition<F, M, FIn, MIn>, runner: StatementRunner) {
    this.kysely = kysely
    this.definition = definition
    this.#runner = runner
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
    const rows = known === null ? [] : await this.#runner.rows("read", this.#runner.statements.read(known, numbers))
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
    return readInTurn<F, M, N>(ids, numberForm(options), this.#runner)
  }

  /**
   * Whether there is a record with an id.
   *
   * @example
   * await db.exists(ada.id) // select "id" from "public"."records" where "id" = $1::uuid
   */
  async exists(id: string): Promise<boolean> {
    const known = knownId(id, this.definition)
    const rows = known === null ? [] : await this.#runner.rows("exists", this.#runner.statements.exists(known))
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
    const { rows } = await this.#runner.observed("count", query, this.#runner.statements.count(query))
    return Number(rows[0]?.count)
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
    const numbers = numberForm(options)
    const { statement, select } = this.#runner.statements.search(query, numbers)
    const { rows } = await this.#runner.observed("search", query, statement)
    return foundRecords(rows, { select, numbers }, this.definition)
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
    return previewOf(this.#runner.statements.search(query, numberForm(options)).statement)
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
    return explanation(statement, await this.#runner.plan(explainStatement(statement, options)))
  }
}
