import { type Expression, ExpressionWrapper, RawNode, type SqlBool, ValueNode } from "kysely"
import { InvalidQueryError } from "../errors.ts"
import { textLiteral } from "./accessor.ts"

/** A piece of SQL: texts, and the values that stand between them as parameters. */
export interface Fragment {
  readonly texts: readonly string[]
  readonly values: readonly unknown[]
}

/**
 * Pieces of SQL put together. Only pieces can be put in, so that no value becomes text by mistake.
 *
 * @example
 * fragment`${text('"revision"')} > ${value(3)}` // { texts: ['"revision" > ', ""], values: [3] }
 */
export function fragment(strings: readonly string[], ...parts: readonly Fragment[]): Fragment {
  return assembled(strings, parts)
}

/**
 * Text that was made here: an accessor, an operator. Never a caller's.
 *
 * @example
 * text("<=") // { texts: ["<="], values: [] }
 */
export function text(sqlText: string): Fragment {
  return { texts: [sqlText], values: [] }
}

/**
 * A value, as a parameter.
 *
 * @example
 * value(3) // { texts: ["", ""], values: [3] }
 */
export function value(parameter: unknown): Fragment {
  return { texts: ["", ""], values: [parameter] }
}

/** A value that follows from the operand of a test, and from nothing else that a caller gave. */
export class Derived {
  /** The test whose operand it follows from. */
  readonly test: object
  readonly #operand: unknown
  readonly #by: (operand: never) => unknown

  constructor(test: object, operand: unknown, by: (operand: never) => unknown) {
    this.test = test
    this.#operand = operand
    this.#by = by
  }

  /** The value itself; for another operand of the same kind the one that takes its place in the same text. */
  of(operand: unknown = this.#operand): unknown {
    // Whoever gives another one has checked it as this one was checked.
    return this.#by(operand as never)
  }
}

/**
 * A value that follows from the operand of a test, as a parameter: the text around it must be the same for every operand
 * that `queryShape` takes for one of its kind. Where the text depends on more, the value is given by `value`.
 */
export function derived<T>(test: object, operand: T, by: (operand: T) => unknown): Fragment {
  return value(new Derived(test, operand, by))
}

/** The values of a piece, as they are sent. */
export function parametersOf({ values }: Fragment): readonly unknown[] {
  return values.map((one) => (one instanceof Derived ? one.of() : one))
}

/** Pieces with a separator between them. */
export function joined(parts: readonly Fragment[], separator: string): Fragment {
  const strings = parts.map((_, index) => (index === 0 ? "" : separator))
  strings.push("")
  return assembled(strings, parts)
}

/** Whether a piece stands in parentheses, or needs none of them, as an operand. */
export function isEnclosed({ texts }: Fragment): boolean {
  return texts[0]?.startsWith("(") === true
}

/**
 * A condition as a Kysely expression: one node, however many comparisons it has.
 *
 * @throws InvalidQueryError for more values than one statement of PostgreSQL can have.
 */
export function conditionOf(condition: Fragment): Expression<SqlBool> {
  const { texts, values } = condition
  if (values.length > MOST_PARAMETERS) {
    throw new InvalidQueryError(
      "",
      `has ${values.length} values, and one statement takes ${MOST_PARAMETERS}: a list of \`in\` is one value, however long it is`,
    )
  }
  return new ExpressionWrapper(RawNode.create(texts, parametersOf(condition).map(ValueNode.create)))
}

// The protocol counts them in 16 bits.
const MOST_PARAMETERS = 65_535

/** A piece with its values written into the text as literals: for what is stored in the schema, where no parameter can be. */
export function literal(piece: Fragment): Fragment {
  const { texts } = piece
  return text(parametersOf(piece).reduce<string>((so, one, index) => so + literalOf(one) + (texts[index + 1] ?? ""), texts[0] ?? ""))
}

function literalOf(parameter: unknown): string {
  if (Array.isArray(parameter)) return `array[${parameter.map(literalOf).join(", ")}]`
  return textLiteral(String(parameter)).trimStart()
}

// Without a spread: there may be more pieces than a call can have arguments.
function assembled(strings: readonly string[], parts: readonly Fragment[]): Fragment {
  const texts: string[] = []
  const values: unknown[] = []
  let open = strings[0] ?? ""
  for (let index = 0; index < parts.length; index += 1) {
    const part = parts[index] ?? NOTHING
    open += part.texts[0] ?? ""
    for (let position = 0; position < part.values.length; position += 1) {
      texts.push(open)
      values.push(part.values[position])
      open = part.texts[position + 1] ?? ""
    }
    open += strings[index + 1] ?? ""
  }
  texts.push(open)
  return { texts, values }
}

const NOTHING: Fragment = { texts: [""], values: [] }
