import { AsyncLocalStorage } from "node:async_hooks"
import type { Kysely, Transaction } from "kysely"
import { ConfigurationError } from "../errors.ts"

/**
 * A transaction or a savepoint under way. What belongs to it takes turns with its savepoints: a statement that ran beside a
 * savepoint on the same connection would be rolled back with it, though it was told that it succeeded.
 */
class TransactionScope {
  readonly parent: TransactionScope | undefined
  /** What all of one Kysely share, its transactions included. */
  readonly adapter: unknown
  isOpen = true
  #lastSavepoint: Promise<void> | undefined

  constructor(adapter: unknown, parent?: TransactionScope) {
    this.adapter = adapter
    this.parent = parent
  }

  isIn(scope: TransactionScope): boolean {
    return this === scope || this.parent?.isIn(scope) === true
  }

  /** A statement waits for the savepoints before it. */
  statement<R>(run: () => Promise<R>): Promise<R> {
    return this.#lastSavepoint === undefined ? run() : this.#lastSavepoint.then(run)
  }

  /** A savepoint is one of those that others wait for. */
  savepoint<R>(run: () => Promise<R>): Promise<R> {
    const turn = this.statement(run)
    const end = turn.then(ignore, ignore).then(() => {
      if (this.#lastSavepoint === end) this.#lastSavepoint = undefined
    })
    this.#lastSavepoint = end
    return turn
  }
}

/** A Kysely or a transaction, whatever its tables are. */
export type TransactionKey = Pick<Kysely<never>, "isTransaction" | "getExecutor">

const scopes = new WeakMap<object, TransactionScope>()
// Who calls from within a savepoint belongs to it, whatever it calls: to wait for its end would be to wait for itself.
const scopeOfCaller = new AsyncLocalStorage<TransactionScope>()
let openScopes = 0

/** Runs a statement on a Kysely: on a transaction when no savepoint is open that the caller does not belong to. */
export function statementInTurn<R>(kysely: TransactionKey, operation: string, run: () => Promise<R>): Promise<R> {
  if (kysely.isTransaction) return scopeWithin(kysely).statement(run)
  checkIsFree(kysely, operation)
  return run()
}

/** Runs `work` in a transaction that Kysely has begun. */
export async function transactionScoped<Tables, R>(trx: Transaction<Tables>, work: (trx: Transaction<Tables>) => Promise<R>): Promise<R> {
  return scoped(new TransactionScope(adapterOf(trx)), trx, work)
}

/** Runs `work` when no other savepoint of `trx` is open, with a transaction of its own to run in. */
export async function savepointScoped<Tables, R>(trx: Transaction<Tables>, work: (inner: Transaction<Tables>) => Promise<R>): Promise<R> {
  const outer = scopeWithin(trx)
  return outer.savepoint(() => scoped(new TransactionScope(outer.adapter, outer), anotherOf(trx), work))
}

/** @throws ConfigurationError where the caller is within a transaction that holds the one connection there is. */
export function checkIsFree(kysely: TransactionKey, operation: string): void {
  const { adapter } = kysely.getExecutor()
  if (adapter.supportsMultipleConnections !== false) return
  for (let scope = scopeOfCaller.getStore(); scope !== undefined; scope = scope.parent) {
    if (!scope.isOpen || scope.adapter !== adapter) continue
    throw new ConfigurationError(
      "connection_in_use",
      `${operation}: an embedded database has one connection, and the transaction or batch that this is called in holds it, so that it would wait for ever: in a transaction use its \`tx\`; let the source of a batch read beforehand what it needs`,
    )
  }
}

async function scoped<Tables, R>(scope: TransactionScope, trx: Transaction<Tables>, work: (trx: Transaction<Tables>) => Promise<R>): Promise<R> {
  scopes.set(trx, scope)
  openScopes += 1
  try {
    return await scopeOfCaller.run(scope, () => work(trx))
  } finally {
    scope.isOpen = false
    openScopes -= 1
    // As long as anybody follows it, Node follows every promise of the process, which costs each of them.
    if (openScopes === 0) scopeOfCaller.disable()
  }
}

/** The scope of a transaction; for a caller within a savepoint of it, the innermost of these. */
function scopeWithin(trx: TransactionKey): TransactionScope {
  const own = scopes.get(trx) ?? new TransactionScope(adapterOf(trx))
  scopes.set(trx, own)
  for (let scope = scopeOfCaller.getStore(); scope !== undefined; scope = scope.parent) if (scope.isOpen && scope.isIn(own)) return scope
  return own
}

// The same transaction to Kysely, and another one to those who look up its scope.
function anotherOf<Tables>(trx: Transaction<Tables>): Transaction<Tables> {
  return trx.$extendTables() as unknown as Transaction<Tables>
}

function adapterOf(kysely: TransactionKey): unknown {
  return kysely.getExecutor().adapter
}

function ignore(): void {}
