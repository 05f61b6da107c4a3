import type { Kysely, Transaction } from "kysely"
import { RecordsError, UnknownCommitError } from "../errors.ts"
import { databaseError, isOfServer, isUnanswered, sqlState, type Where } from "./database-error.ts"
import { checkIsFree, savepointScoped, transactionScoped } from "./transaction-scope.ts"

/**
 * Runs `work` in a transaction of `kysely`, or in a savepoint where `kysely` is a transaction already.
 * An error of `work` is thrown as it is; one of the transaction itself is named.
 */
export async function inTransaction<Tables, R>(kysely: Kysely<Tables>, where: Where, work: (trx: Transaction<Tables>) => Promise<R>): Promise<R> {
  let failure: { readonly error: unknown } | undefined
  const followed = async (trx: Transaction<Tables>): Promise<R> => {
    try {
      return await work(trx)
    } catch (error) {
      failure = { error }
      throw error
    }
  }
  try {
    if (isTransaction(kysely)) return await savepointScoped(kysely, where.operation, followed)
    checkIsFree(kysely, where.operation)
    return await committed(kysely, (trx) => transactionScoped(trx, followed))
  } catch (error) {
    // Also when the rollback failed after it: what matters is the error that came first.
    if (failure !== undefined) throw failure.error
    throw isAborted(error) ? abortedTransaction(error) : databaseError(error, where)
  }
}

// Where COMMIT fails, `transaction().execute()` sends ROLLBACK, and on a connection that is broken throws the error of that:
// nobody could tell whether COMMIT had been sent.
async function committed<Tables, R>(kysely: Kysely<Tables>, work: (trx: Transaction<Tables>) => Promise<R>): Promise<R> {
  const trx = await kysely.startTransaction().execute()
  let isCommitting = false
  try {
    const result = await work(trx)
    isCommitting = true
    await trx.commit().execute()
    return result
  } catch (error) {
    await trx.rollback().execute().catch(ignore)
    throw isCommitting && isBrokenConnection(error) ? new UnknownCommitError({ cause: error }) : error
  }
}

function ignore(): void {}

function isTransaction<Tables>(kysely: Kysely<Tables>): kysely is Transaction<Tables> {
  return kysely.isTransaction
}

function isBrokenConnection(error: unknown): boolean {
  const code = sqlState(error)
  // A server that ends the connection may have committed before: what else it answers with itself, it has rolled back.
  if (code !== undefined) return isUnanswered(error) || /^(?:57P|40003)/.test(code) || (code.startsWith("57") && !isOfServer(error))
  // On a connection that was known to be broken the driver sent no COMMIT.
  return !isAborted(error) && !(error instanceof Error && /not queryable/.test(error.message))
}

// Kysely's error for a COMMIT that PostgreSQL answered with ROLLBACK.
function isAborted(error: unknown): boolean {
  return error instanceof Error && error.name === "AbortedTransactionError"
}

function abortedTransaction(cause: unknown): RecordsError {
  return new RecordsError(
    "transaction_aborted",
    "a statement of this transaction failed and its error was caught, so PostgreSQL rolled everything back: let the error leave the transaction, or put what may fail into a transaction of its own inside it",
    { cause },
  )
}
