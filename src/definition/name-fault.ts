/** PostgreSQL cuts names at 63 bytes without an error; the longest name made from a table's, kysely_migrationlock_<table>, adds 21. */
const LONGEST_NAME = 41

/** Why a name cannot be that of a schema, a table or a column here; `undefined` when it can. */
export function nameFault(name: unknown): string | undefined {
  if (typeof name !== "string" || name === "") return "must be a name, a string that is not empty"
  if (Buffer.byteLength(name) > LONGEST_NAME) return `must be at most ${LONGEST_NAME} bytes long`
  if (name.includes(".")) return "must not contain a dot: give the schema as `schema`"
  if (name.includes("\u0000") || !name.isWellFormed()) return "must not contain a NUL character or a lone surrogate"
  // Kysely reads "a as b" as an alias and trims blanks.
  if (/\sas\s/i.test(name) || name.trim() !== name) return "must not contain ` as ` or start or end with a blank"
  return undefined
}
