import { expect, test } from "vitest"
import { example } from "./example.ts"

test("the example of an own query prints what it finds", async () => {
  const { stdout, stderr, exitCode } = await example("examples/own-query.ts")
  expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 })
  expect(stdout).toContain(`from "people" as "p" where ((coalesce("p"."fields"->'age', 'null') >= $1::jsonb`)
  expect(stdout).toContain("finds: [ 'Blaise' ]")
  expect(stdout).toContain("inside the transaction: 2\nrolled back: changed my mind\nafter it: 1\n")
  expect(stdout).toContain(`with: [ '18', '{"city":"Paris"}', 'Paris ', 10 ]`)
})

test("the example of composed queries prints what each of them finds", async () => {
  const { stdout, stderr, exitCode } = await example("examples/composition.ts")
  expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 })
  expect(stdout).toBe(`join: the large orders of grown-ups, the largest first
  {"name":"Blaise","total":95}
  {"name":"Ada","total":80}
common table expression: what each customer has spent
  {"customer":"Blaise","total":95}
  {"customer":"Ada","total":92.5}
  {"customer":"Camille","total":65}
exists: customers who have bought pens by the dozen
  {"name":"Ada"}
not in: customers with no large order
  {"name":"Denis"}
having: grown-ups with more than one order
  {"name":"Ada","orders":2}
groupBy: customers by country, and how many of them are grown up
  {"country":"England","customers":2,"grownUp":1}
  {"country":"France","customers":2,"grownUp":1}
case: customers by age group
  {"group":"child","customers":1}
  {"group":"grown up","customers":2}
  {"group":"unknown","customers":1}
orderBy: the oldest first, those of unknown age last
  {"name":"Blaise","age":39}
  {"name":"Ada","age":36}
  {"name":"Camille","age":12}
  {"name":"Denis","age":null}
`)
})
