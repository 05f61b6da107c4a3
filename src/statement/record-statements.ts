import type { TableDefinition } from "../definition/records-definition.ts"
import type { NumberForm } from "../json/exact-number.ts"
import type { CheckedChange } from "../predicate/checked-change.ts"
import type { CheckedQuery } from "../predicate/checked-query.ts"
import { CompiledStatements } from "./compiled-statements.ts"
import { type PatchTarget, patchShape, patchStatement, patchValues } from "./patch.ts"
import { unconnected } from "./records-tables.ts"
import { countOf, searchOf } from "./search.ts"
import { NUL, searchParts, searchShape, searchValues, whereOf, withPlaces } from "./search-parts.ts"
import { recordSelection } from "./stored-columns.ts"
import { createStatement, deleteStatement, existsStatement, readStatement, updateStatement, upsertStatement } from "./write.ts"
import type { WriteTarget } from "./write-target.ts"
import type { Replacement, WrittenRecord } from "./written-record.ts"

/** The statements for the records of one table that are run again and again: those by ids, and searches. */
export class RecordStatements {
  readonly #definition: TableDefinition
  readonly #statements = new CompiledStatements()
  // Apart, so that searches of many shapes do not crowd out the few of the others.
  readonly #searches = new CompiledStatements()

  constructor(definition: TableDefinition) {
    this.#definition = definition
  }

  search(query: CheckedQuery, numbers: NumberForm) {
    const parts = searchParts(this.#definition, query, numbers)
    return this.#searches.listed(searchShape(parts), searchValues(parts), (places) => searchOf(unconnected, this.#definition, withPlaces(parts, places)))
  }

  count(query: Pick<CheckedQuery, "filters">) {
    const where = whereOf(this.#definition, query)
    return this.#searches.listed(`count${NUL}${where?.texts.join(NUL)}`, where?.values ?? [], (values) =>
      countOf(unconnected, this.#definition, where && { texts: where.texts, values }),
    )
  }

  create(record: WrittenRecord) {
    return this.#statements.named("create", record, (given) =>
      createStatement(unconnected, this.#definition, given).returning(recordSelection(this.#definition)),
    )
  }

  read(id: string, numbers: NumberForm) {
    return this.#statements.named(`read ${numbers}`, { id }, (given) => readStatement(unconnected, this.#definition, given.id, numbers))
  }

  exists(id: string) {
    return this.#statements.named("exists", { id }, (given) => existsStatement(unconnected, this.#definition, given.id))
  }

  update(target: WriteTarget, replacement: Replacement) {
    return this.#statements.named("update", { ...target, ...replacement }, (given) => updateStatement(unconnected, this.#definition, given, given))
  }

  /** For a revision it only replaces. */
  upsert(target: WriteTarget, record: WrittenRecord) {
    if (target.expectedRevision !== undefined) return this.update(target, record)
    return this.#statements.named("upsert", record, (given) => upsertStatement(unconnected, this.#definition, given))
  }

  delete(target: WriteTarget) {
    return this.#statements.named("delete", target, (given) => deleteStatement(unconnected, this.#definition, given))
  }

  /** Patches of some records, all of the shape of `changes`. */
  patch(changes: readonly CheckedChange[], targets: readonly PatchTarget[]) {
    return this.#statements.named(`patch ${patchShape(changes)}`, patchValues(targets), (given) =>
      patchStatement(unconnected, this.#definition, changes, given),
    )
  }
}
