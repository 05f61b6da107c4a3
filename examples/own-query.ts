import { and, compileFilter, defineRecords, filter, or, PostgresDatabase } from "../src/index.ts"

/*
 * A filter inside a Kysely query of your own, a transaction, and the SQL of a query without running it.
 *
 *   node examples/own-query.ts
 */

interface Person {
  name: string
  age?: number
  city: string
}

const people = defineRecords<Person>({ table: "people" })
const db = new PostgresDatabase({ embedded: true, records: people })

const grownUpInParis = and(filter("fields.age", ">=", 18), or(filter("fields.city", "=", "Paris"), filter("fields.city", "starts_with", "Paris ")))

try {
  await db.migrate()
  await db.createBatch([
    { fields: { name: "Ada", age: 36, city: "London" } },
    { fields: { name: "Blaise", age: 39, city: "Paris" } },
    { fields: { name: "Camille", age: 17, city: "Paris" } },
    { fields: { name: "Denis", city: "Paris" } },
  ])

  // Any query of Kysely takes the filter: with an alias, the columns in it are named by that alias.
  const own = db.kysely
    .selectFrom("people as p")
    .select(["p.id", "p.fields"])
    .where(compileFilter(grownUpInParis, people, { alias: "p" }))
  console.log("own query:", own.compile().sql)
  console.log(
    "finds:",
    (await own.execute()).map(({ fields }) => fields.name),
  )

  // All of it, or nothing: use `tx` for everything inside.
  await db
    .transaction(async (tx) => {
      await tx.create({ fields: { name: "Émilie", age: 42, city: "Paris 4e" } })
      console.log("inside the transaction:", await tx.count({ filters: [grownUpInParis] }))
      throw new Error("changed my mind")
    })
    .catch((error: Error) => console.log("rolled back:", error.message))
  console.log("after it:", await db.count({ filters: [grownUpInParis] }))

  // What search would send. Nothing is sent, and no connection is opened.
  const { sql, parameters } = db.preview({ filters: [grownUpInParis], sort: [{ field: "fields.age" }], limit: 10 })
  console.log("search would send:", sql)
  console.log("with:", parameters)
} finally {
  await db.close()
}
