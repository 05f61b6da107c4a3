import { type Command, Option } from "commander"
import { defineRecords, type RecordsDefinition } from "../definition/records-definition.ts"
import { definitionFromModule } from "./definition-module.ts"

/** The flags that name a table of records: by the module of its definition, or by its name alone. */
export interface TableFlags {
  readonly definition?: string
  readonly table: string
  readonly schema: string
}

/** A command with the flags that name a table. */
export function withTable(command: Command): Command {
  return command
    .addOption(new Option("--definition <module>", "the definition: ./records.ts, or ./records.ts#people for one of several").conflicts(["table", "schema"]))
    .option("--table <name>", "the table of records, where there is no definition", "records")
    .option("--schema <name>", "the schema that the table is in", "public")
}

/** The definition that the flags name. */
export async function flaggedDefinition({ definition, table, schema }: TableFlags): Promise<RecordsDefinition> {
  return definition === undefined ? defineRecords({ table, schema }) : definitionFromModule(definition)
}
