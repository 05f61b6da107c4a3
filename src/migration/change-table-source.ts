/** The text of change-table.ts, written by npm run codegen: migration files hold it, so that they import only Kysely. */
export const changeTableSource = `/** Something that a table has or has not: an index, most of all. */
interface TablePart {
  /** For people: \`index people_age_1a2b3c4d\`. */
  readonly name: string
  /** A query of one row with \`is_valid\` where the part is there, and of none where it is not; \`is_taken\`: its name is another's. */
  readonly state: string
  readonly create: readonly string[]
  readonly drop: readonly string[]
  /** By SQLSTATE: why it may not be created, and what to do. */
  readonly reasons?: Readonly<Record<string, string>>
}

/** A part of a table, and whether the table is to have it. */
interface PartChange {
  readonly part: TablePart
  readonly isWanted: boolean
}

/**
 * Makes and drops parts of a table while others read and write: one statement at a time, outside of a transaction.
 * What is there already is left alone; what an interrupted build has left invalid is built again. When one of the
 * changes fails, all of them are undone. Gives the names of what was changed.
 */
async function changeTable<DB>(db: Kysely<DB>, changes: readonly PartChange[], lockTimeout: string): Promise<string[]> {
  if (db.isTransaction) throw new Error("create index concurrently cannot run in a transaction: run the migrations with disableTransactions: true")
  const done: PartChange[] = []
  let part: TablePart | undefined
  const settings = await changedSettings(db, lockTimeout, "0")
  try {
    for (const change of changes) {
      part = change.part
      await make(db, change, done)
    }
    return done.map((change) => change.part.name)
  } catch (error) {
    const isUndone = await undo(db, done)
    throw failure(error, part, isUndone ? "nothing was changed" : "what it had begun could not be undone: run it again, and it is put right")
  } finally {
    // A connection that is lost has no settings.
    await changedSettings(db, settings.lock, settings.statement).catch(() => undefined)
  }
}

async function make(db: QueryExecutorProvider, change: PartChange, done: PartChange[]): Promise<void> {
  const { part, isWanted } = change
  const { rows } = await sql.raw<{ is_valid: boolean; is_taken?: boolean }>(part.state).execute(db)
  const [found] = rows
  const isTaken = found?.is_taken === true
  const isThere = found !== undefined && !isTaken
  if (!isWanted && !isThere) return
  if (isWanted && isTaken) throw Object.assign(new Error("its name is taken"), { code: DUPLICATE_TABLE })
  if (isWanted && found?.is_valid === true) return marked(db, part)
  done.push(change)
  if (isThere) await run(db, part.drop)
  if (isWanted) await run(db, part.create)
}

// Whoever built it may have been broken off before the comment by which it is known again; only its owner can make it.
async function marked(db: QueryExecutorProvider, { create }: TablePart): Promise<void> {
  const marks = create.filter((statement) => statement.startsWith("comment on index "))
  await run(db, marks).catch(() => undefined)
}

// Each is tried: one that cannot be undone does not keep the others.
async function undo(db: QueryExecutorProvider, done: readonly PartChange[]): Promise<boolean> {
  let isUndone = true
  for (const { part, isWanted } of [...done].reverse()) {
    const undone = isWanted ? run(db, part.drop) : make(db, { part, isWanted: true }, [])
    await undone.catch(() => {
      isUndone = false
    })
  }
  return isUndone
}

async function run(db: QueryExecutorProvider, statements: readonly string[]): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}

async function changedSettings(db: QueryExecutorProvider, lock: string, statement: string): Promise<{ lock: string; statement: string }> {
  const { rows } = await sql<{ lock: string; statement: string }>\`
    select current_setting('lock_timeout') as lock, current_setting('statement_timeout') as statement\`.execute(db)
  await sql\`select set_config('lock_timeout', \${lock}, false), set_config('statement_timeout', \${statement}, false)\`.execute(db)
  return rows[0] ?? { lock: "0", statement: "0" }
}

const DUPLICATE_TABLE = "42P07"

const reasons: Record<string, string> = {
  "55P03": "another session holds a lock, or a transaction that was there before stays open: run it again when that has ended",
  "42501": "this role may not do that: the owner of the table builds and drops its indexes",
  "40P01": "another session waits for this one, such as a second runner of migrations: run it again",
  [DUPLICATE_TABLE]: "something else in the schema has its name, such as an index of another table: rename that",
  "54000": "a value is too long for an index of this kind, which takes about 2,700 bytes",
}

// Without the server's own error where that would show the values of a document.
function failure(error: unknown, part: TablePart | undefined, end: string): Error {
  const code = typeof error === "object" && error !== null && "code" in error ? String(error.code) : ""
  const reason = part?.reasons?.[code] ?? reasons[code]
  const message = \`\${part?.name ?? "the table"}: \${reason ?? "the server refused it"}; \${end}\`
  return Object.assign(
    new Error(message, code === "23505" ? {} : { cause: error }),
    { code, part: part?.name ?? "the table", end },
    reason === undefined ? {} : { reason },
  )
}
`
