/** What follows the help of the program. */
export const programHelp = `
Examples:
  $ kysely-records preview '{"filters": [{"field": "fields.age", "operator": ">=", "value": 18}], "limit": 20}'
  $ kysely-records search '{"filters": [{"field": "fields.name", "operator": "=", "value": "Ada"}]}'
  $ kysely-records explain '{"filters": [{"field": "fields.name", "operator": "=", "value": "Ada"}]}' --analyze

search and explain connect to the server that DATABASE_URL names. Each command has more examples: kysely-records preview --help
Exit codes: 0 done, 1 something went wrong (no server, no table, ...), 2 a wrong query or a wrong call.
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

  The whole plan as PostgreSQL gives it, for a program; it holds the values of the query:
  $ echo '{"sort": [{"field": "fields.age"}], "limit": 3}' | kysely-records explain --json
`
