import { type Compilable, type CompiledQuery, createQueryId, RawNode } from "kysely"

/** A value of a statement, or the place where it goes when the statement is run. */
export type Given<T> = T | Place

/** Where a value goes in a statement that is compiled without it. */
export class Place {
  readonly index: number

  constructor(index: number) {
    this.index = index
  }
}

/** Values of a statement, by their names, or their places. */
export type Givens<Values> = { readonly [Name in keyof Values]: Given<Values[Name]> }

/** The places of values; none for what is `undefined`. */
export type Places<Values> = { readonly [Name in keyof Values]: Place | Extract<Values[Name], undefined> }

// Paths may come from data, so that there is no end of shapes, nor of their length.
const MOST_TEXTS = 200
const LONGEST_SHAPE = 20_000

interface Text extends Pick<CompiledQuery, "sql" | "parameters"> {
  /** The text as Kysely's own node. */
  readonly query: RawNode
}

/**
 * The statements of one table, each compiled once for all runs that differ in their values alone: to build and compile one
 * takes the client about as long as all else it does for a small query.
 */
export class CompiledStatements {
  readonly #texts = new Map<string, Text>()

  /**
   * The statement that `build` makes of places, with the values in them. `shape`, and which values are given, is all that it
   * may depend on.
   */
  named<Row, Values extends object>(shape: string, values: Values, build: (places: Places<Values>) => Compilable<Row>): Compilable<Row> {
    const given = Object.entries(values).filter(([, value]) => value !== undefined)
    const names = given.map(([name]) => name)
    const listed = given.map(([, value]) => value)
    return this.listed(`${names.join()} ${shape}`, listed, (places) => build(placesOf<Values>(names, places)))
  }

  /** The same for values in a list: `shape` is all that the statement may depend on, and it says how many there are. */
  listed<Row>(shape: string, values: readonly unknown[], build: (places: readonly Place[]) => Compilable<Row>): Compilable<Row> {
    const { sql, query, parameters } = this.#texts.get(shape) ?? this.#kept(shape, build(values.map((_, index) => new Place(index))).compile())
    const filled = parameters.map((parameter) => (parameter instanceof Place ? values[parameter.index] : parameter))
    // What the rows are follows from the text.
    return { compile: (): CompiledQuery<Row> => ({ sql, query, parameters: filled, queryId: createQueryId() }) }
  }

  #kept(shape: string, { sql, parameters }: CompiledQuery): Text {
    const text = { sql, query: RawNode.createWithSql(sql), parameters }
    if (shape.length > LONGEST_SHAPE) return text
    const [oldest] = this.#texts.keys()
    if (oldest !== undefined && this.#texts.size >= MOST_TEXTS) this.#texts.delete(oldest)
    this.#texts.set(shape, text)
    return text
  }
}

function placesOf<Values>(names: readonly string[], places: readonly Place[]): Places<Values> {
  // The names are those of the values that are given.
  return Object.fromEntries(names.map((name, index) => [name, places[index]])) as Places<Values>
}
