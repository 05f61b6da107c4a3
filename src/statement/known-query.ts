import type { Compilable } from "kysely"
import type { TableDefinition } from "../definition/records-definition.ts"
import { Derived, type Fragment } from "../expression/fragment.ts"
import { child } from "../json/json-pointer.ts"
import { refuse } from "../predicate/checked-condition.ts"
import { operandChecks } from "../predicate/operand.ts"
import type { DocumentTest, Predicate } from "../predicate/predicate.ts"
import { operators } from "../query/operator.ts"
import type { CompiledText } from "./compiled-statements.ts"
import type { QueryShape } from "./query-shape.ts"

/**
 * What was found out about the first query of a shape. Of another one only the operands have to be checked, and the values
 * that follow from them go into the same text: to check all of a query and to build its SQL takes the client longer than
 * anything else that it does for one.
 */
export class KnownQuery {
  readonly #text: CompiledText
  readonly #check: (operands: readonly unknown[]) => readonly unknown[]
  readonly #values: readonly { readonly value: Derived; readonly position: number }[]

  private constructor(text: CompiledText, tests: readonly DocumentTest[], values: readonly Derived[]) {
    const checks = tests.map(operandCheck)
    const positions = new Map<object, number>(tests.map((test, position) => [test, position]))
    this.#text = text
    this.#check = (operands) => checks.map((check, position) => check(operands[position]))
    this.#values = values.map((value) => ({ value, position: positions.get(value.test) ?? 0 }))
  }

  /** Of a query whose conditions and their SQL are these; `undefined` where the SQL depends on more than its shape. */
  static of(filters: readonly Predicate[], where: Fragment | undefined, text: CompiledText, { lookup }: TableDefinition): KnownQuery | undefined {
    const tests = filters.filter((test) => test.kind === "document")
    // What a partial index says is in the text as it stands.
    if (tests.length < filters.length || tests.some(({ path }) => lookup.mayBePartial(path))) return undefined
    const values = (where?.values ?? []).filter((value) => value instanceof Derived)
    return values.length === (where?.values ?? []).length ? new KnownQuery(text, tests, values) : undefined
  }

  /**
   * The statement for another query of the shape, with its values in the order of `searchValues`.
   *
   * @throws InvalidQueryError for an operand, as the check of the whole query would.
   */
  statement<Row>({ operands, limit, offset }: QueryShape): Compilable<Row> {
    const checked = this.#check(operands)
    return this.#text.with([limit, offset, ...this.#values.map(({ value, position }) => value.of(checked[position]))])
  }
}

function operandCheck({ operator, pointer }: DocumentTest): (operand: unknown) => unknown {
  const kind = operators[operator].operand
  // The shape of such a query is not that of one whose conditions stand side by side.
  if (kind === "condition") return () => refuse(pointer, "a condition is no value")
  const [check, place] = [operandChecks[kind], child(pointer, "value")]
  return (operand) => check(operand, place, refuse)
}
