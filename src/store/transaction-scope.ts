import { AsyncLocalStorage } from "node:async_hooks"
import { type Kysely, sql, type Transaction } from "kysely"
import { ConfigurationError, RecordsError } from "../errors.ts"

/*
 * A transaction, and each savepoint in it, is a scope. What belongs to a scope takes turns with its savepoints: a statement
 * that ran beside a savepoint on the same connection would be rolled back with it, though it was told that it succeeded. And
 * a scope ends for all at once: what comes later would run in the one around it, or be committed by itself.
 */

/** A statement, as far as its turn depends on it. */
export interface Turn {
  readonly operation: string
  readonly isRead: boolean
}

class TransactionScope {
  readonly parent: TransactionScope | undefined
  /** The scope that this one was opened from, which may be that of another database. */
  readonly caller = scopeOfCaller.getStore()
  /** What all of one Kysely share, its transactions included. */
  readonly adapter: unknown
  readonly #underWay = new Set<Promise<unknown>>()
  readonly #inner = new Set<TransactionScope>()
  readonly #cut = Promise.withResolvers<never>()
  /** Its work is done: nothing new begins in it. */
  #isEnding = false
  /** Its work has failed, or that of a scope around it: what is under way in it goes no further. */
  #isCut = false
  #lastSavepoint: Promise<void> | undefined
  /** Whether it is a batch that waits for its source, and those who wait to be told. */
  #isReading = false
  #changed = Promise.withResolvers<void>()

  constructor(adapter: unknown, parent?: TransactionScope) {
    this.adapter = adapter
    this.parent = parent
    this.#cut.promise.catch(ignore)
  }

  get isOpen(): boolean {
    return !this.#isEnding && !this.#isCut
  }

  isIn(scope: TransactionScope): boolean {
    return this === scope || this.parent?.isIn(scope) === true
  }

  /** Runs the work of the scope, and waits for what it has begun; where the work fails, or a scope around it, that is cut off. */
  async run<R>(work: () => Promise<R>): Promise<R> {
    if (this.parent !== undefined) this.parent.#opened(this)
    try {
      if (this.#isCut) throw ended("a batch or a savepoint")
      const result = await Promise.race([work(), this.#cut.promise])
      this.#isEnding = true
      await Promise.race([this.#settled(), this.#cut.promise])
      return result
    } catch (error) {
      this.#cutOff()
      await this.#settled()
      throw error
    } finally {
      if (this.parent !== undefined) this.parent.#inner.delete(this)
    }
  }

  /** A statement waits for the savepoints before it; one that only reads may run while a batch waits for its source. */
  statement<R>(turn: Turn, run: () => Promise<R>): Promise<R> {
    if (!this.isOpen) return Promise.reject(ended(turn.operation))
    return this.#follow(this.#lastSavepoint === undefined ? run() : this.#turnOf(turn).then(run))
  }

  /** A savepoint is one of those that others wait for. */
  savepoint<R>(turn: Turn, run: () => Promise<R>): Promise<R> {
    const begun = this.statement(turn, run)
    const end = begun.then(ignore, ignore).then(() => {
      if (this.#lastSavepoint === end) this.#lastSavepoint = undefined
    })
    this.#lastSavepoint = end
    return begun
  }

  /** Says that the scope is that of a batch which waits for its source. */
  async reading<R>(read: () => Promise<R>): Promise<R> {
    this.#tell(true)
    try {
      return await read()
    } finally {
      this.#tell(false)
    }
  }

  #cutOff(): void {
    this.#isCut = true
    this.#cut.reject(ended("a batch or a savepoint"))
    for (const inner of this.#inner) inner.#cutOff()
  }

  async #settled(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.allSettled(this.#underWay)
  }

  #follow<R>(statement: Promise<R>): Promise<R> {
    this.#underWay.add(statement)
    const gone = () => {
      this.#underWay.delete(statement)
      if (this.#underWay.size === 0) this.#tell(this.#isReading)
    }
    statement.then(gone, gone)
    return statement
  }

  async #turnOf({ operation, isRead }: Turn): Promise<void> {
    let isOver = false
    // It never fails.
    const before = Promise.resolve(this.#lastSavepoint).then(() => {
      isOver = true
    })
    while (!isOver) {
      if (this.#isCut) throw ended(operation)
      const within = this.#allWithin()
      const isReading = within.some((inner) => inner.#isReading && inner.#underWay.size === 0)
      if (isReading && isRead) return
      const change: Promise<unknown>[] = [before, this.#changed.promise, ...within.map((inner) => inner.#changed.promise)]
      if (isReading) change.push(tooLong())
      if ((await Promise.race(change)) === TOO_LONG) throw waitsForItself(operation)
    }
    if (this.#isCut) throw ended(operation)
  }

  // Who waits already must hear of it.
  #opened(inner: TransactionScope): void {
    this.#inner.add(inner)
    // Its savepoint was on the way when this scope was cut off.
    if (this.#isCut) inner.#cutOff()
    this.#tell(this.#isReading)
  }

  #allWithin(): readonly TransactionScope[] {
    return [...this.#inner].flatMap((inner) => [inner, ...inner.#allWithin()])
  }

  #tell(isReading: boolean): void {
    this.#isReading = isReading
    this.#changed.resolve()
    this.#changed = Promise.withResolvers()
  }
}

const scopes = new WeakMap<object, TransactionScope>()
// Who calls from within a savepoint belongs to it, whatever it calls: to wait for its end would be to wait for itself.
const scopeOfCaller = new AsyncLocalStorage<TransactionScope>()
let openScopes = 0

/** A Kysely or a transaction, whatever its tables are. */
export type TransactionKey = Pick<Kysely<never>, "isTransaction" | "getExecutor">

/** Runs a statement on a Kysely: on a transaction when no savepoint is open that the caller does not belong to. */
export function statementInTurn<R>(kysely: TransactionKey, turn: Turn, run: () => Promise<R>): Promise<R> {
  if (kysely.isTransaction) return scopeWithin(kysely).statement(turn, run)
  checkIsFree(kysely, turn.operation)
  return run()
}

/** Waits for the source of a batch that is written in a transaction. */
export function readingSource<R>(kysely: TransactionKey, read: () => Promise<R>): Promise<R> {
  const scope = scopes.get(kysely)
  return scope === undefined ? read() : scope.reading(read)
}

/** Runs `work` in a transaction that Kysely has begun. */
export async function transactionScoped<Tables, R>(trx: Transaction<Tables>, work: (trx: Transaction<Tables>) => Promise<R>): Promise<R> {
  return scoped(new TransactionScope(adapterOf(trx)), trx, work)
}

/** Runs `work` in a savepoint when no other one of `trx` is open, with a transaction of its own to run in. */
export async function savepointScoped<Tables, R>(trx: Transaction<Tables>, operation: string, work: (inner: Transaction<Tables>) => Promise<R>): Promise<R> {
  const outer = scopeWithin(trx)
  return outer.savepoint({ operation, isRead: false }, async () => {
    // PostgreSQL keeps savepoints of one name in a stack, so that inner ones hide outer ones.
    await sql`savepoint records`.execute(trx)
    try {
      const result = await scoped(new TransactionScope(outer.adapter, outer), anotherOf(trx), work)
      await sql`release savepoint records`.execute(trx)
      return result
    } catch (error) {
      await sql`rollback to savepoint records`.execute(trx)
      await sql`release savepoint records`.execute(trx)
      throw error
    }
  })
}

/** @throws ConfigurationError where the caller is within a transaction that holds the one connection there is. */
export function checkIsFree(kysely: TransactionKey, operation: string): void {
  const { adapter } = kysely.getExecutor()
  if (adapter.supportsMultipleConnections !== false) return
  for (let scope = scopeOfCaller.getStore(); scope !== undefined; scope = scope.caller) {
    if (!scope.isOpen || scope.adapter !== adapter) continue
    throw new ConfigurationError(
      "connection_in_use",
      `${operation}: an embedded database has one connection, and the transaction or batch that this is called in holds it, so that it would wait for ever: in a transaction use its \`tx\`; let the source of a batch read beforehand what it needs`,
    )
  }
}

/** The error for what comes when its transaction has ended. */
export function ended(operation: string, cause?: unknown): RecordsError {
  const message = `${operation}: the transaction that it belongs to has ended, and what was left of it was not done: wait for everything that the work of a transaction begins`
  return new RecordsError("transaction_ended", message, cause === undefined ? {} : { cause })
}

async function scoped<Tables, R>(scope: TransactionScope, trx: Transaction<Tables>, work: (trx: Transaction<Tables>) => Promise<R>): Promise<R> {
  scopes.set(trx, scope)
  openScopes += 1
  try {
    return await scope.run(() => scopeOfCaller.run(scope, () => work(trx)))
  } finally {
    openScopes -= 1
    // As long as anybody follows it, Node follows every promise of the process, which costs each of them.
    if (openScopes === 0) scopeOfCaller.disable()
  }
}

/** The scope of a transaction; for a caller within a savepoint of it, the innermost of these. */
function scopeWithin(trx: TransactionKey): TransactionScope {
  const own = scopes.get(trx) ?? new TransactionScope(adapterOf(trx))
  scopes.set(trx, own)
  for (let scope = scopeOfCaller.getStore(); scope !== undefined; scope = scope.caller) if (scope.isOpen && scope.isIn(own)) return scope
  return own
}

// The same transaction to Kysely, and another one to those who look up its scope.
function anotherOf<Tables>(trx: Transaction<Tables>): Transaction<Tables> {
  return trx.$extendTables() as unknown as Transaction<Tables>
}

function adapterOf(kysely: TransactionKey): unknown {
  return kysely.getExecutor().adapter
}

// A batch that waits for its source, and a write that waits for the batch: the source may be waiting for the write.
const TOO_LONG_MS = 10_000
const TOO_LONG = Symbol("too long")

function tooLong(): Promise<typeof TOO_LONG> {
  return new Promise((resolve) => void setTimeout(() => resolve(TOO_LONG), TOO_LONG_MS).unref())
}

function waitsForItself(operation: string): ConfigurationError {
  return new ConfigurationError(
    "connection_in_use",
    `${operation}: a batch of the same transaction has waited for its source for ${TOO_LONG_MS / 1000} seconds, and this waits for the batch: a source that is a stream, or is fed by events, may read with the \`tx\` of its batch, but not write`,
  )
}

function ignore(): void {}
