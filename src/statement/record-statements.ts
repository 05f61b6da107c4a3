import type { Compilable } from "kysely"
import type { TableDefinition } from "../definition/records-definition.ts"
import type { Fragment } from "../expression/fragment.ts"
import type { NumberForm } from "../json/exact-number.ts"
import type { CheckedChange } from "../predicate/checked-change.ts"
import { type CheckedQuery, checkedQuery } from "../predicate/checked-query.ts"
import { CompiledStatements, type CompiledText, KeptByShape, type Place } from "./compiled-statements.ts"
import { KnownQuery } from "./known-query.ts"
import { type PatchTarget, patchShape, patchStatement, patchValues } from "./patch.ts"
import { queryShape } from "./query-shape.ts"
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
  // By the shapes of their queries; without a query where the SQL depends on more than the shape.
  readonly #known = new KeptByShape<{ readonly query: KnownQuery | undefined; readonly select: CheckedQuery["select"] }>()

  constructor(definition: TableDefinition) {
    this.#definition = definition
  }

  /** The statement of a search, and what it selects. @throws InvalidQueryError */
  search(query: unknown, numbers: NumberForm): AskedStatement<Readonly<Record<string, unknown>>> {
    return this.#asked(`search ${numbers}`, query, (checked) => {
      const parts = searchParts(this.#definition, checked, numbers)
      const build = (places: readonly Place[]) => searchOf(unconnected, this.#definition, withPlaces(parts, places))
      return { where: parts.where, text: this.#searches.text(searchShape(parts), searchValues(parts).length, build) }
    })
  }

  /** The statement that counts what a query finds. @throws InvalidQueryError */
  count(query: unknown): Compilable<{ count: string }> {
    const { statement } = this.#asked<{ count: string }>("count", query, ({ filters, limit, offset }) => {
      const where = whereOf(this.#definition, { filters })
      const build = ([, , ...values]: readonly Place[]) => countOf(unconnected, this.#definition, where && { texts: where.texts, values })
      return { where, text: this.#searches.text(`count${NUL}${where?.texts.join(NUL)}`, searchValues({ where, limit, offset }).length, build) }
    })
    return statement
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

  // Of a shape that was seen before, without a look at anything but the values.
  #asked<Row>(name: string, query: unknown, build: (checked: CheckedQuery) => Built): AskedStatement<Row> {
    const shape = queryShape(query)
    const key = `${name}${NUL}${shape?.text}`
    const known = shape === undefined ? undefined : this.#known.get(key)
    if (shape !== undefined && known?.query !== undefined) return { statement: known.query.statement(shape), select: known.select }
    const checked = checkedQuery(query, this.#definition)
    const { filters, select } = checked
    const { where, text } = build(checked)
    if (shape !== undefined && known === undefined) this.#known.kept(key, { query: KnownQuery.of(filters, where, text, this.#definition), select })
    return { statement: text.with(searchValues({ ...checked, where })), select }
  }
}

/** A statement for a query, and the paths that the query selects. */
export interface AskedStatement<Row> {
  readonly statement: Compilable<Row>
  readonly select: CheckedQuery["select"]
}

interface Built {
  readonly where: Fragment | undefined
  readonly text: CompiledText
}
