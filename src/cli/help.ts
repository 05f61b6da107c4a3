/** What follows the help of the program. */
export const programHelp = `
Examples:
  $ kysely-records preview '{"filters": [{"field": "fields.age", "operator": ">=", "value": 18}], "limit": 20}'
  $ kysely-records search '{"filters": [{"field": "fields.name", "operator": "=", "value": "Ada"}]}'
  $ kysely-records explain '{"filters": [{"field": "fields.name", "operator": "=", "value": "Ada"}]}' --analyze
  $ kysely-records generate --definition ./records.ts#people

search, explain, drift, generate, advise and inspect connect to the server that DATABASE_URL names. Each command has more examples: kysely-records preview --help
Exit codes: 0 done, 1 something went wrong (no server, no table, records that do not fit, something for inspect to find, ...), 2 a wrong query or a wrong call.
`

/** What follows the help of `preview`. */
export const previewHelp = `
Examples:
  $ kysely-records preview '{"filters": [{"field": "fields.name", "operator": "=", "value": "Ada"}]}'

  A path in SQL spelling. In single quotes, a shell takes '\\'' for a single quote:
  $ kysely-records preview '{"filters": [{"field": "fields->>'\\''name'\\''", "operator": "in", "value": ["Ada", "Bo"]}]}'

  A query in a file, of the table people:
  $ echo '{"sort": [{"field": "fields.age", "order": "desc", "nulls": "last"}], "limit": 3}' > query.json
  $ kysely-records preview --file query.json --table people

  As a program asks it whose definition declares indexes:
  $ kysely-records preview --file query.json --definition ./records.ts#people

  From standard input, the SQL as JSON:
  $ echo '{"filters": [{"not": {"field": "fields.city", "operator": "=", "value": "Paris"}}]}' | kysely-records preview --json
`

/** What follows the help of `search`. */
export const searchHelp = `
Examples:
  The server that DATABASE_URL names; --url names another one, but other users of the machine may see its password:
  $ kysely-records search '{"filters": [{"field": "fields.age", "operator": ">=", "value": 18}], "limit": 20}'

  Some paths of each record, the first three:
  $ kysely-records search '{"select": ["id", "fields.name"], "sort": [{"field": "fields.name"}]}' | head -3

  An embedded database in the directory data, the query from standard input:
  $ echo '{"filters": [{"field": "fields.city", "operator": "exists"}]}' | kysely-records search - --embedded data
`

/** What follows the help of `explain`. */
export const explainHelp = `
Examples:
  The plan alone; the query is not run:
  $ kysely-records explain '{"filters": [{"field": "fields.age", "operator": ">=", "value": 18}], "limit": 20}'

  Run it, and count what it takes:
  $ kysely-records explain '{"filters": [{"field": "fields.name", "operator": "=", "value": "Ada"}]}' --analyze

  As a program asks it whose definition declares indexes:
  $ kysely-records explain '{"filters": [{"field": "fields.age", "operator": ">", "value": 80}]}' --definition ./records.ts#people

  The whole plan as PostgreSQL gives it, for a program; it holds the values of the query:
  $ echo '{"sort": [{"field": "fields.age"}], "limit": 3}' | kysely-records explain --json
`

/** What follows the help of `drift`. */
export const driftHelp = `
The module is imported, so it should only define; a TypeScript file must be one that Node runs as it stands.

Examples:
  The definition that records.ts exports as people:
  $ kysely-records drift --definition ./records.ts#people || echo "some do not fit"

  With the messages of the schemas, for a program:
  $ kysely-records drift --definition ./records.ts#people --json || echo "some do not fit"
`

/** What follows the help of `generate`. */
export const generateHelp = `
Examples:
  What the table on the server of DATABASE_URL lacks, as a file in the folder migrations, to read and commit:
  $ kysely-records generate --definition ./records.ts#people

  The SQL alone:
  $ kysely-records generate --definition ./records.ts#people --dry-run

  For CI: + is missing, - is to be dropped, ~ is invalid, ! is what no migration puts right:
  $ kysely-records generate --definition ./records.ts#people --check || echo "the table is not as its definition says"

db.migrate({ folder: "migrations" }) runs the files, as does kysely-ctl with disableTransactions: true.
The module is run, as an import does; a TypeScript file must be one that Node takes as it stands.
Exit codes: 0 done or nothing to do, 1 with --check where something differs, or something went wrong, 2 a wrong call.
`

/** What follows the help of `advise`. */
export const adviseHelp = `
Examples:
  One query, or a list of them:
  $ kysely-records advise '{"filters": [{"field": "fields.age", "operator": ">", "value": 80}]}'

  From standard input, for a program:
  $ echo '[{"sort": [{"field": "fields.age"}], "limit": 3}]' | kysely-records advise --json

  With the migration that builds what is advised, as a file in the folder migrations:
  $ kysely-records advise '{"filters": [{"field": "fields.age", "operator": ">", "value": 80}]}' --write

It copies at most 10,000 records into a temporary table, tries the indexes there, and leaves nothing behind.
The indexes of the table are known by its definition: kysely-records advise --definition ./records.ts#people
`

/** What follows the help of `inspect`. */
export const inspectHelp = `
Examples:
  $ kysely-records inspect
  $ kysely-records inspect --count --json

Whether the table is as its definition says: kysely-records inspect --definition ./records.ts#people
Exit codes: 0 nothing to do, 1 something to do or something went wrong, 2 a wrong call.
`
