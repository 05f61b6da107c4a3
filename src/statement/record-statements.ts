import type { TableDefinition } from "../definition/records-definition.ts"
import type { NumberForm } from "../json/exact-number.ts"
import type { CheckedChange } from "../predicate/checked-change.ts"
import { CompiledStatements } from "./compiled-statements.ts"
import { type PatchTarget, patchShape, patchStatement, patchValues } from "./patch.ts"
import { unconnected } from "./records-tables.ts"
import { recordSelection } from "./stored-columns.ts"
import { createStatement, deleteStatement, existsStatement, readStatement, updateStatement, upsertStatement } from "./write.ts"
import type { WriteTarget } from "./write-target.ts"
import { type Replacement, recordText, type WrittenRecord } from "./written-record.ts"

/** The statements for the records of one table by their ids. */
export class RecordStatements {
  readonly #definition: TableDefinition
  readonly #statements = new CompiledStatements()

  constructor(definition: TableDefinition) {
    this.#definition = definition
  }

  create(record: WrittenRecord) {
    return this.#statements.compiled("create", listOf(record), ({ records }) =>
      createStatement(unconnected, this.#definition, records).returning(recordSelection(this.#definition)),
    )
  }

  read(id: string, numbers: NumberForm) {
    return this.#statements.compiled(`read ${numbers}`, { id }, (given) => readStatement(unconnected, this.#definition, given.id, numbers))
  }

  exists(id: string) {
    return this.#statements.compiled("exists", { id }, (given) => existsStatement(unconnected, this.#definition, given.id))
  }

  update(target: WriteTarget, replacement: Replacement) {
    return this.#statements.compiled("update", { ...target, ...replacement }, (given) => updateStatement(unconnected, this.#definition, given, given))
  }

  /** For a revision it only replaces. */
  upsert(target: WriteTarget, record: WrittenRecord) {
    if (target.expectedRevision !== undefined) return this.update(target, record)
    return this.#statements.compiled("upsert", listOf(record), ({ records }) => upsertStatement(unconnected, this.#definition, records))
  }

  delete(target: WriteTarget) {
    return this.#statements.compiled("delete", target, (given) => deleteStatement(unconnected, this.#definition, given))
  }

  /** Patches of some records, all of the shape of `changes`. */
  patch(changes: readonly CheckedChange[], targets: readonly PatchTarget[]) {
    return this.#statements.compiled(`patch ${patchShape(changes)}`, patchValues(targets), (given) =>
      patchStatement(unconnected, this.#definition, changes, given),
    )
  }
}

function listOf(record: WrittenRecord): { readonly records: string } {
  return { records: `[${recordText(record)}]` }
}
