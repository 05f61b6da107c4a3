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
export function conditionOf({ texts, values }: Fragment): Expression<SqlBool> {
  if (values.length > MOST_PARAMETERS) {
    throw new InvalidQueryError(
      "",
      `has ${values.length} values, and one statement takes ${MOST_PARAMETERS}: a list of \`in\` is one value, however long it is`,
    )
  }
  return new ExpressionWrapper(RawNode.create(texts, values.map(ValueNode.create)))
}

// The protocol counts them in 16 bits.
const MOST_PARAMETERS = 65_535

/** A piece with its values written into the text as literals: for what is stored in the schema, where no parameter can be. */
export function literal({ texts, values }: Fragment): Fragment {
  return text(values.reduce<string>((so, one, index) => so + literalOf(one) + (texts[index + 1] ?? ""), texts[0] ?? ""))
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
