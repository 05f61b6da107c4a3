import { writeFile } from "node:fs/promises"
import { join, relative, resolve } from "node:path"
import { pathToFileURL } from "node:url"
import { expect, test } from "vitest"
import { definitionFromModule } from "../../src/cli/definition-module.ts"
import { temporaryFolder } from "../setup/temporary-folder.ts"

const folder = temporaryFolder()
const library = pathToFileURL(resolve("src/index.ts")).href

async function written(name: string, source: string): Promise<string> {
  const file = join(folder(), name)
  await writeFile(file, `import { defineRecords } from ${JSON.stringify(library)}\n${source}`)
  return file
}

const two = 'export const people = defineRecords({ table: "people" })\nexport const orders = defineRecords({ table: "orders" })\nexport const other = 3'

test("the definition that a module exports under a name, by a path from anywhere", async () => {
  const file = await written("two.ts", `interface Unused { a: number }\n${two}`)
  expect(await definitionFromModule(`${file}#orders`)).toMatchObject({ table: "orders", schema: "public" })
  expect(await definitionFromModule(`${relative(process.cwd(), file)}#people`)).toMatchObject({ table: "people" })
})

test("without a name, the only definition of the module, under whatever names it is exported", async () => {
  const file = await written("one.mjs", 'export const people = defineRecords({ table: "people" })\nexport default people\nexport const other = {}')
  expect(await definitionFromModule(file)).toMatchObject({ table: "people" })
})

test.each([
  ["two.mjs", two, "", /more than one definition: name one of people, orders|orders, people/],
  ["none.mjs", "export const other = 3", "", /exports no definition: export what defineRecords\(\) gives/],
  ["two.mjs", two, "#persons", /the export "persons" of ".+" is not there: the module exports .*orders/],
  ["two.mjs", two, "#other", /the export "other" of ".+" is no definition/],
  ["empty.mjs", "", "#people", /the module exports nothing/],
  ["throws.mjs", 'throw new Error("not today")', "#people", /cannot be imported: not today/],
  ["wrong.mjs", "export const = 3", "#people", /cannot be imported/],
])("%s with %j and %j is refused", async (name, source, wanted, message) => {
  const file = await written(name, source)
  await expect(definitionFromModule(file + wanted)).rejects.toMatchObject({
    name: "ConfigurationError",
    code: "usage",
    message: expect.stringMatching(message),
  })
})

test.each(["./nowhere.ts#people", "", "#people"])("%j is refused", async (place) => {
  await expect(definitionFromModule(place)).rejects.toMatchObject({ name: "ConfigurationError", code: "usage" })
})
