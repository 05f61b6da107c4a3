import type { JsonPointer } from "../json/json-pointer.ts"
import type { JsonPath, PlainColumnName } from "../path/json-path.ts"
import type { operators, PositiveOperator } from "../query/operator.ts"
import type { ColumnOperand } from "./column-operand.ts"
import type { Operands } from "./operand.ts"

/** A condition whose fields, operators and operands were found good. What is turned into SQL. */
export type Predicate =
  | { readonly kind: "and" | "or"; readonly of: readonly Predicate[] }
  | { readonly kind: "not"; readonly of: Predicate }
  | ColumnTest
  | DocumentTest

/** A test of a column that is no document. */
export interface ColumnTest {
  readonly kind: "column"
  readonly column: PlainColumnName
  readonly operator: PositiveOperator
  readonly negated: boolean
  readonly operand: ColumnOperand
}

/** A test of a place in a document. */
export type DocumentTest = { [O in PositiveOperator]: DocumentTestOf<O> }[PositiveOperator]

/** A test with one operator, and the operand of its kind. */
export interface DocumentTestOf<O extends PositiveOperator> {
  readonly kind: "document"
  readonly path: JsonPath
  readonly operator: O
  /** Has a value, and the operator says no. */
  readonly negated: boolean
  readonly operand: OperandsOf<O>
  /** The JSON pointer of the condition. */
  readonly pointer: JsonPointer
}

/** The operand of an operator, after its check. */
export type OperandsOf<O extends PositiveOperator> = Operands[(typeof operators)[O]["operand"]]
