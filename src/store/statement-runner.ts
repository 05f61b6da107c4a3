import type { Compilable, CompiledQuery, Kysely, QueryResult } from "kysely"
import type { TableDefinition } from "../definition/records-definition.ts"
import type { LooseQuery } from "../query/query.ts"
import type { RecordStatements } from "../statement/record-statements.ts"
import type { RecordsTables } from "../statement/records-tables.ts"
import { previewOf } from "../statement/search.ts"
import { databaseError, isRead, type Where } from "./database-error.ts"
import type { QueryObserver } from "./query-observer.ts"
import { statementRun } from "./statement-run.ts"
import { type TablePlan, tablePlan } from "./table-plan.ts"
import { statementInTurn, type TransactionKey } from "./transaction-scope.ts"

/** A Kysely, whatever its tables are: `Kysely<A>` is no `Kysely<B>` to the compiler. */
type AnyKysely = TransactionKey & { withoutPlugins(): unknown }

/** Runs statements about one table, on one Kysely or one transaction, and gives their errors names. */
export class StatementRunner {
  readonly db: Kysely<RecordsTables>
  readonly definition: TableDefinition
  readonly statements: RecordStatements
  readonly observer: QueryObserver | undefined
  readonly #kysely: AnyKysely

  constructor(kysely: AnyKysely, definition: TableDefinition, statements: RecordStatements, observer: QueryObserver | undefined) {
    this.#kysely = kysely
    this.db = withoutPlugins(kysely)
    this.definition = definition
    this.statements = statements
    this.observer = observer
  }

  result<R>(operation: string, statement: Compilable<R>, position?: number): Promise<QueryResult<R>> {
    const where = { ...this.where(operation), position }
    return statementInTurn(this.#kysely, { operation, isRead: isRead(where) }, () => statementRun(this.db, statement, where))
  }

  async rows<R>(operation: string, statement: Compilable<R>, position?: number): Promise<R[]> {
    return (await this.result(operation, statement, position)).rows
  }

  /** How many records a statement has written to. */
  async written(operation: string, statement: Compilable): Promise<number> {
    return Number((await this.result(operation, statement)).numAffectedRows)
  }

  /** What a query finds; the observer is told of it. */
  observed<R>(operation: string, query: LooseQuery, statement: Compilable<R>): Promise<QueryResult<R>> {
    return this.observer === undefined ? this.result(operation, statement) : this.#watched(this.observer, operation, query, statement)
  }

  /** The plan that a statement gets, which asks for one. */
  async plan(asked: CompiledQuery): Promise<TablePlan> {
    try {
      return await statementInTurn(this.#kysely, { operation: "explain", isRead: true }, () => tablePlan(this.db, this.definition, asked))
    } catch (error) {
      throw databaseError(error, this.where("explain"))
    }
  }

  where(operation: string): Where {
    return { operation, table: this.definition.table, schema: this.definition.schema }
  }

  async #watched<R>(observer: QueryObserver, operation: string, query: LooseQuery, statement: Compilable<R>): Promise<QueryResult<R>> {
    const start = performance.now()
    const result = await this.result(operation, statement)
    observer.observe({ query, ...previewOf(statement), ms: performance.now() - start })
    return result
  }
}

// A Kysely runs any statement that PostgreSQL takes; what it believes the tables to be is a matter of types alone. Plugins
// of the caller's, such as CamelCasePlugin, would rename what is inside the documents.
function withoutPlugins(kysely: AnyKysely): Kysely<RecordsTables> {
  return kysely.withoutPlugins() as Kysely<RecordsTables>
}
