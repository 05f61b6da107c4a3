import { resolve } from "node:path"
import { pathToFileURL } from "node:url"
import type { RecordsDefinition } from "../definition/records-definition.ts"
import { usageError } from "./failure.ts"

/**
 * The definition of records that a module exports: `./records.ts#people`, or `./records.ts` for the only one in it.
 * The module is run, as an import does; a TypeScript file must be one that Node takes as it stands.
 *
 * @throws ConfigurationError when there is no such module, it cannot be run, or exports no such definition.
 */
export async function definitionFromModule(place: string): Promise<RecordsDefinition> {
  const [, file = "", name] = /^(.+?)(?:#(\w+))?$/s.exec(place) ?? []
  if (file === "") throw usageError("the definition is named by its module and its export: --definition ./records.ts#people")
  const exported = new Map(Object.entries(await importedModule(file)))
  return name === undefined ? onlyDefinition(exported, file) : namedDefinition(exported, file, name)
}

async function importedModule(file: string): Promise<object> {
  try {
    const imported: object = await import(pathToFileURL(resolve(file)).href)
    return imported
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw usageError(`the module ${JSON.stringify(file)} cannot be imported: ${why}`, { cause })
  }
}

function namedDefinition(exported: ReadonlyMap<string, unknown>, file: string, name: string): RecordsDefinition {
  const value = exported.get(name)
  if (isDefinition(value)) return value
  const what = exported.has(name) ? "is no definition: export what defineRecords() gives" : `is not there: ${exportsOf(exported)}`
  throw usageError(`the export ${JSON.stringify(name)} of ${JSON.stringify(file)} ${what}`)
}

function onlyDefinition(exported: ReadonlyMap<string, unknown>, file: string): RecordsDefinition {
  const definitions = new Set([...exported.values()].filter(isDefinition))
  const [only] = definitions
  if (only !== undefined && definitions.size === 1) return only
  const names = [...exported].filter(([, value]) => isDefinition(value)).map(([name]) => name)
  const hint = names.length === 0 ? "export what defineRecords() gives" : `name one of ${names.join(", ")}: ${file}#${names[0]}`
  throw usageError(`the module ${JSON.stringify(file)} exports ${names.length === 0 ? "no definition" : "more than one definition"}: ${hint}`)
}

function exportsOf(exported: ReadonlyMap<string, unknown>): string {
  return exported.size === 0 ? "the module exports nothing" : `the module exports ${[...exported.keys()].join(", ")}`
}

// By its form, because the module may have another copy of this package.
function isDefinition(value: unknown): value is RecordsDefinition {
  return typeof value === "object" && value !== null && ["table", "schema", "indexes", "lookup"].every((key) => key in value)
}
