import { sql } from "kysely"
import { defineRecords, type PostgresDatabase, type RecordsDefinition } from "../../src/index.ts"

export interface Person {
  name: string
  email?: string
  age?: number
  tags?: string[]
}

/** One index of each kind, beside the two GIN. */
export const people: RecordsDefinition<Person> = defineRecords<Person>({
  table: "people",
  indexes: [
    { field: "fields.age" },
    { field: "fields.email", unique: true },
    { fields: ["fields.name", { field: "fields.age", order: "desc" }] },
    { field: "createdAt", where: { field: "fields.age", operator: ">=", value: 18 } },
    { kind: "text", field: "fields.name" },
    { kind: "trigram", field: "fields.name" },
    { kind: "array", field: "fields.tags" },
  ],
})

/** The same table before it had indexes of its own. */
export const plainPeople: RecordsDefinition<Person> = defineRecords<Person>({ table: "people" })

/** The names of the indexes of a table, in order; one that is invalid has a `!` behind it. */
export async function indexNames<F, M>({ kysely }: PostgresDatabase<F, M>, table = "people"): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select r.relname || case when i.indisvalid then '' else '!' end as name
    from pg_index i join pg_class r on r.oid = i.indexrelid where i.indrelid = to_regclass(${`public.${table}`}) order by 1`.execute(kysely)
  return rows.map(({ name }) => name)
}

/** Everything in the schema, with its definition: what a migration that fails leaves as it was. */
export async function schemaOf<F, M>({ kysely }: PostgresDatabase<F, M>): Promise<string[]> {
  const { rows } = await sql<{ thing: string }>`
    select c.relkind::text || ' ' || c.relname || ' ' || coalesce(pg_get_indexdef(c.oid), '') || ' ' || coalesce(i.indisvalid::text, '') as thing
    from pg_class c left join pg_index i on i.indexrelid = c.oid
    where c.relnamespace = 'public'::regnamespace and c.relname not like 'kysely_migration%'
    union all select 'extension ' || extname from pg_extension order by 1`.execute(kysely)
  return rows.map(({ thing }) => thing)
}
