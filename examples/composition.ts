import { type Kysely, sql } from "kysely"
import { and, compileFilter, defineRecords, field, filter, type KyselyTables, PostgresDatabase } from "../src/index.ts"

/*
 * Filters and fields in Kysely queries of your own: a join, a common table expression, subqueries, having, case, groupBy
 * and orderBy, over two tables of records and a table of your own.
 *
 *   node examples/composition.ts
 */

interface Customer {
  name: string
  age?: number
  city: string
}
interface Order {
  customer: string
  total: number
  items: { sku: string; count: number }[]
}

/** What Kysely knows of the tables. */
interface Tables {
  customers: KyselyTables<Customer, never>[string]
  orders: KyselyTables<Order, never>[string]
  cities: { name: string; country: string }
}

const customers = defineRecords<Customer, never>({ table: "customers" })
const orders = defineRecords<Order, never>({ table: "orders" })

// The aliases of the two in the queries below.
const c = { alias: "c" }
const o = { alias: "o" }

const grownUp = filter("fields.age", ">=", 18)
const large = filter("fields.total", ">", 50)

const db = new PostgresDatabase({ embedded: true, records: customers })
// The tables of a Kysely are a matter of types alone: this one knows all three.
const kysely = db.kysely as unknown as Kysely<Tables>

try {
  await prepare()
  await show("join: the large orders of grown-ups, the largest first", largeOrders())
  await show("common table expression: what each customer has spent", spending())
  await show("exists: customers who have bought pens by the dozen", buyersOfPens())
  await show("not in: customers with no large order", withoutLargeOrder())
  await show("having: grown-ups with more than one order", regulars())
  await show("groupBy: customers by country, and how many of them are grown up", byCountry())
  await show("case: customers by age group", ageGroups())
  await show("orderBy: the oldest first, those of unknown age last", oldestFirst())
} finally {
  await db.close()
}

/** A JSON value is compared with a JSON value: a number never equals a text. */
function largeOrders() {
  return kysely
    .selectFrom("customers as c")
    .innerJoin("orders as o", (join) => join.on((on) => on(field("fields.customer", orders, o), "=", field("fields.name", customers, c))))
    .select([field("fields.name", customers, c).as("name"), field("fields.total", orders, o).as("total")])
    .where(compileFilter(grownUp, customers, c))
    .where(compileFilter(large, orders, o))
    .orderBy(field("fields.total", orders, o), "desc")
}

/** The cast fails on what is no number, so that `case` asks first. */
function spending() {
  const total = field("fields.total", orders)
  return kysely
    .with("spent", (with_) =>
      with_
        .selectFrom("orders")
        .select((eb) => [
          field("fields.customer", orders).as("customer"),
          eb.fn
            .sum<number>(
              eb
                .case()
                .when(compileFilter(filter("fields.total", "type", "number"), orders))
                .then(sql<number>`(${total})::float8`)
                .end(),
            )
            .as("total"),
        ])
        .groupBy(field("fields.customer", orders)),
    )
    .selectFrom("spent")
    .select(["customer", "total"])
    .orderBy("total", "desc")
}

/** A subquery that looks at the row around it. */
function buyersOfPens() {
  return kysely
    .selectFrom("customers as c")
    .select(field("fields.name", customers, c).as("name"))
    .where((eb) =>
      eb.exists(
        eb
          .selectFrom("orders as o")
          .select("o.id")
          .where((inner) => inner(field("fields.customer", orders, o), "=", field("fields.name", customers, c)))
          .where(compileFilter(filter("fields.items", "any", and(filter("sku", "=", "pen"), filter("count", ">=", 12))), orders, o)),
      ),
    )
    .orderBy("name")
}

/** `not in` is never true where the list has an SQL NULL: the filter leaves out the orders without a customer. */
function withoutLargeOrder() {
  return kysely
    .selectFrom("customers as c")
    .select(field("fields.name", customers, c).as("name"))
    .where(field("fields.name", customers, c), "not in", (eb) =>
      eb
        .selectFrom("orders as o")
        .select(field("fields.customer", orders, o).as("customer"))
        .where(compileFilter(and(large, filter("fields.customer", "exists")), orders, o)),
    )
    .orderBy("name")
}

/** Grouped by its key, a record can be asked in having and select. */
function regulars() {
  return kysely
    .selectFrom("customers as c")
    .innerJoin("orders as o", (join) => join.on((on) => on(field("fields.customer", orders, o), "=", field("fields.name", customers, c))))
    .select((eb) => [field("fields.name", customers, c).as("name"), eb.cast<number>(eb.fn.countAll(), "integer").as("orders")])
    .groupBy("c.id")
    .having(compileFilter(grownUp, customers, c))
    .having((eb) => eb.fn.countAll(), ">", 1)
}

/** A column of text is joined by a path that gives text. */
function byCountry() {
  return kysely
    .selectFrom("cities")
    .innerJoin("customers as c", (join) => join.on((on) => on(field("fields->>'city'", customers, c), "=", on.ref("cities.name"))))
    .select((eb) => [
      "cities.country",
      eb.cast<number>(eb.fn.countAll(), "integer").as("customers"),
      eb.cast<number>(eb.fn.countAll().filterWhere(compileFilter(grownUp, customers, c)), "integer").as("grownUp"),
    ])
    .groupBy("cities.country")
    .orderBy("cities.country")
}

/** By its name: to PostgreSQL the same `case` with parameters of its own would be another one. */
function ageGroups() {
  return kysely
    .selectFrom("customers")
    .select((eb) => [
      eb
        .case()
        .when(compileFilter(grownUp, customers))
        .then("grown up")
        .when(compileFilter(filter("fields.age", "exists"), customers))
        .then("child")
        .else("unknown")
        .end()
        .as("group"),
      eb.cast<number>(eb.fn.countAll(), "integer").as("customers"),
    ])
    .groupBy(sql.ref("group"))
    .orderBy("group")
}

/** No value is SQL NULL here. */
function oldestFirst() {
  return kysely
    .selectFrom("customers")
    .select([field("fields.name", customers).as("name"), field("fields.age", customers).as("age")])
    .orderBy(field("fields.age", customers), (order) => order.desc().nullsLast())
}

async function show(title: string, query: { execute(): Promise<object[]> }): Promise<void> {
  console.log(title)
  for (const row of await query.execute()) console.log(" ", JSON.stringify(row))
}

async function prepare(): Promise<void> {
  await db.migrate()
  await db.createBatch([
    { fields: { name: "Ada", age: 36, city: "London" } },
    { fields: { name: "Blaise", age: 39, city: "Paris" } },
    { fields: { name: "Camille", age: 12, city: "Paris" } },
    { fields: { name: "Denis", city: "London" } },
  ])
  const orderBook = new PostgresDatabase({ kysely: kysely as never, records: orders })
  await orderBook.migrate()
  await orderBook.createBatch([
    { fields: { customer: "Ada", total: 80, items: [{ sku: "ink", count: 2 }] } },
    { fields: { customer: "Ada", total: 12.5, items: [{ sku: "pen", count: 12 }] } },
    { fields: { customer: "Blaise", total: 95, items: [{ sku: "pen", count: 1 }] } },
    { fields: { customer: "Camille", total: 60, items: [] } },
    { fields: { customer: "Camille", total: 5, items: [] } },
  ])
  await sql`create table cities (name text primary key, country text not null)`.execute(kysely)
  await kysely
    .insertInto("cities")
    .values([
      { name: "London", country: "England" },
      { name: "Paris", country: "France" },
    ])
    .execute()
}
