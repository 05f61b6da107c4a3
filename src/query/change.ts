import type { RawJson } from "../json/raw-json.ts"
import type { Typed } from "./condition.ts"
import type {
  DefinedAt,
  DottedPath,
  HasAlways,
  JsonObject,
  JsonValue,
  LastStep,
  ListPath,
  ParentAt,
  PlainColumn,
  RecordShape,
  SqlPath,
  ValueAt,
  WritableValue,
} from "./field.ts"

/** What a change takes beside the field. */
export type ChangeOperand = "nothing" | "value" | "number" | "element" | "key" | "object"

/** Every change, by its name, with what it takes. Checks, SQL and documentation ask this table. */
export const changes = {
  set: { takes: "value" },
  unset: { takes: "nothing" },
  increment: { takes: "number" },
  multiply: { takes: "number" },
  push: { takes: "element" },
  pushUnique: { takes: "element" },
  pull: { takes: "element" },
  rename: { takes: "key" },
  merge: { takes: "object" },
} as const satisfies Record<string, { takes: ChangeOperand }>

/** The name of a change, as it stands in the data. */
export type ChangeName = keyof typeof changes

/** The names of the changes that take one kind of operand. */
export type ChangeTaking<Operand extends ChangeOperand> = {
  [Name in ChangeName]: (typeof changes)[Name]["takes"] extends Operand ? Name : never
}[ChangeName]

/** Whether a string is the name of a change. */
export function isChangeName(name: unknown): name is ChangeName {
  return typeof name === "string" && Object.hasOwn(changes, name)
}

/** A change with a value, as plain data. */
export interface ValueChange<T, C, F, V> extends Typed<T> {
  readonly change: C
  readonly field: F
  readonly value: V
  readonly to?: undefined
}

/** A change that takes a value away, as plain data. */
export interface Unset<T, F> extends Typed<T> {
  readonly change: "unset"
  readonly field: F
  readonly value?: undefined
  readonly to?: undefined
}

/** A change that gives a value another key of the same object, as plain data. */
export interface Rename<T, F, K> extends Typed<T> {
  readonly change: "rename"
  readonly field: F
  readonly to: K
  readonly value?: undefined
}

// Carries what the compiler needs to know; never there at run time.
declare const checked: unique symbol

interface Mark {
  readonly [checked]: true
}

/** A change that its function has checked against the record type. */
export interface CheckedBy<T> extends Typed<T> {
  readonly change: ChangeName
  readonly field: (string | readonly (string | number)[]) & Mark
  readonly value?: unknown
  readonly to?: string
}

/**
 * A change to records of the shape `T`, as plain JSON data: `{ change: "set", field: "fields.age", value: 37 }`.
 * `RecordShape<Person, Source>` is the shape of a record with those fields and that metadata.
 */
export type Change<T = RecordShape> = Changes<T>["one"]

interface Changes<T> {
  one: CheckedBy<T> | ([T] extends [never] ? LooseChange : PlainChange<T> | LooseChangeOf<T, SqlPath | ListPath>)
}

/** A change to records of any shape, or of one that is not known to the compiler. */
export type LooseChange = LooseChangeOf<never, string | readonly (string | number)[]>

// Exact as it stands: with a RawJson also a number that a JavaScript number cannot hold.
type Addend = number | bigint | RawJson

type LooseChangeOf<T, F> =
  | ValueChange<T, ChangeTaking<"value" | "element">, F, unknown>
  | ValueChange<T, ChangeTaking<"number">, F, Addend>
  | ValueChange<T, "merge", F, object>
  | Unset<T, F>
  | Rename<T, F, string>

type PlainChange<T> =
  | { [F in DocumentPath<T>]: ValueChange<T, "set", F, WritableValue<DefinedAt<T, F>>> }[DocumentPath<T>]
  | { [F in ArrayPath<T>]: ValueChange<T, ChangeTaking<"element">, F, ElementAt<T, F>> }[ArrayPath<T>]
  | { [F in ObjectPath<T>]: ValueChange<T, "merge", F, MergePatch<ObjectsAt<T, F>>> }[ObjectPath<T>]
  | { [F in OptionalKeyPath<T>]: Rename<T, F, NewKey<T, F>> }[OptionalKeyPath<T>]
  | ValueChange<T, ChangeTaking<"number">, NumberPath<T>, Addend>
  | Unset<T, OptionalPath<T>>

// Every place of a document, as a dotted path.
type DocumentPath<T> = Exclude<DottedPath<T>, PlainColumn>

type NumberPath<T> = { [F in DocumentPath<T>]: TakesNumber<T, F> extends true ? F : never }[DocumentPath<T>]
type ArrayPath<T> = { [F in DocumentPath<T>]: TakesElement<T, F> extends true ? F : never }[DocumentPath<T>]
type ObjectPath<T> = { [F in DocumentPath<T>]: TakesObject<T, F> extends true ? F : never }[DocumentPath<T>]
type OptionalPath<T> = { [F in DocumentPath<T>]: MayGo<T, F> extends true ? F : never }[DocumentPath<T>]
type OptionalKeyPath<T> = { [F in DocumentPath<T>]: MayBeRenamed<T, F> extends true ? F : never }[DocumentPath<T>]

type TakesNumber<T, F> = unknown extends ValueAt<T, F> ? true : [Extract<ValueAt<T, F>, number | bigint>] extends [never] ? false : true
type TakesElement<T, F> = unknown extends ValueAt<T, F> ? true : [Lists<ValueAt<T, F>>] extends [never] ? false : true
type TakesObject<T, F> = unknown extends ValueAt<T, F> ? true : [Objects<ValueAt<T, F>>] extends [never] ? false : true

// Metadata as a whole may be missing from every record, and `fields` from none.
type MayGo<T, F> = F extends "metadata"
  ? true
  : F extends "fields"
    ? false
    : unknown extends ParentAt<T, F>
      ? true
      : AllTrue<IsOptional<ParentAt<T, F>, LastStep<F>>>
type MayBeRenamed<T, F> = F extends keyof RecordShape ? false : LastStep<F> extends string ? MayGo<T, F> : false

// Distributes over unions. A tuple keeps its length.
type IsOptional<P, K> = P extends readonly unknown[]
  ? number extends P["length"]
    ? true
    : false
  : K extends keyof P
    ? HasAlways<P, K> extends true
      ? false
      : true
    : never

type AllTrue<Answers> = [Answers] extends [never] ? false : [Answers] extends [true] ? true : false

// An array that may grow: no tuple. Distributes over unions.
type Lists<V> = V extends readonly unknown[] ? (number extends V["length"] ? V : never) : never
type ElementAt<T, F> = unknown extends ValueAt<T, F> ? unknown : WritableValue<Exclude<Lists<ValueAt<T, F>>[number], undefined>>

type Objects<V> = V extends Date | readonly unknown[] ? never : V extends object ? V : never
type ObjectsAt<T, F> = unknown extends ValueAt<T, F> ? unknown : Objects<ValueAt<T, F>>

/** What `merge` takes for an object: some of its keys, to any depth; `null` takes an optional key away. */
export type MergePatch<V> = [JsonObject] extends [V] ? object : V extends object ? { readonly [K in keyof V]?: MergeMember<V[K]> | Removal<V, K> } : never

type MergeMember<V> = [JsonValue] extends [V]
  ? unknown
  : V extends Date | readonly unknown[]
    ? WritableValue<V>
    : V extends object
      ? MergePatch<V> | RawJson
      : Exclude<V, null | undefined> | RawJson
type Removal<V, K> = HasAlways<V, K> extends true ? never : null

// The keys of the same object that can hold what stands at the path.
type NewKey<T, F> = unknown extends ParentAt<T, F> ? string : Fitting<ParentAt<T, F>, DefinedAt<T, F>, LastStep<F>>
type Fitting<P, V, Old> = P extends object
  ? { [K in keyof P & string]: [V] extends [P[K]] ? (string extends K ? string : Exclude<K, Old>) : never }[keyof P & string]
  : never

/** How a field of a change can be named; `Paths` are those that are completed. */
type FieldOf<T, Paths> = [T] extends [never] ? string | readonly (string | number)[] : Paths | SqlPath | ListPath

// `unknown` when a path in another spelling fits, else a sentence for the compiler to print.
type Fits<T, F, Answer, Sentence> = [T] extends [never] ? unknown : F extends SqlPath | ListPath ? (Answer extends true ? unknown : Sentence) : unknown

type IsThere<T, F> = [ValueAt<T, F>] extends [never] ? false : true

// Outside of a typed list of changes the operand is kept as it is, to be checked where it is used.
type Operand<T, V, Known> = [T] extends [never] ? V : NoInfer<Known>
type Made<T, C> = [T] extends [never] ? NoInfer<C> : CheckedBy<T>

/**
 * Stores a value at a path, whatever is there; `null` is JSON null. Objects on the way that are not there are made. It
 * cannot apply where a step is taken into something else than it is: a key into text or a list, an index into an
 * object, or an index beyond the end.
 *
 * @example
 * set("fields.address.zip", "NW1") // { change: "set", field: "fields.address.zip", value: "NW1" }
 */
export function set<T = never, const F extends FieldOf<T, DocumentPath<T>> = FieldOf<T, DocumentPath<T>>, const V = unknown>(
  field: F & Fits<T, F, IsThere<T, F>, "there is no such path in the record type">,
  value: Operand<T, V, WritableValue<DefinedAt<T, F>>>,
): Made<T, ValueChange<never, "set", F, V>> {
  return made({ change: "set", field, value })
}

/**
 * Takes a value away: a key out of its object, or an element out of its array, and those behind it move up. Where nothing
 * is there, nothing is to be done. `unset("metadata")` takes the metadata away.
 *
 * @example
 * unset("metadata.old") // { change: "unset", field: "metadata.old" }
 */
export function unset<T = never, const F extends FieldOf<T, OptionalPath<T>> = FieldOf<T, OptionalPath<T>>>(
  field: F & Fits<T, F, MayGo<T, F>, "the record type says that there is always a value">,
): Made<T, Unset<never, F>> {
  return made({ change: "unset", field })
}

/**
 * Adds to a number: exact decimal arithmetic, 0.1 + 0.2 is 0.3. No value counts as 0. It cannot apply to anything else.
 * What a JavaScript number cannot hold is given as a `bigint`, or as a `RawJson` of its digits.
 *
 * @example
 * increment("fields.age", 1) // { change: "increment", field: "fields.age", value: 1 }
 */
export function increment<T = never, const F extends FieldOf<T, NumberPath<T>> = FieldOf<T, NumberPath<T>>, const V extends Addend = Addend>(
  field: F & Fits<T, F, TakesNumber<T, F>, "the record type has no number there">,
  value: V,
): Made<T, ValueChange<never, "increment", F, V>> {
  return made({ change: "increment", field, value })
}

/**
 * Multiplies a number, exactly. It cannot apply to anything else, nor where there is no value.
 *
 * @example
 * multiply("fields.price", 1.19) // { change: "multiply", field: "fields.price", value: 1.19 }
 */
export function multiply<T = never, const F extends FieldOf<T, NumberPath<T>> = FieldOf<T, NumberPath<T>>, const V extends Addend = Addend>(
  field: F & Fits<T, F, TakesNumber<T, F>, "the record type has no number there">,
  value: V,
): Made<T, ValueChange<never, "multiply", F, V>> {
  return made({ change: "multiply", field, value })
}

/**
 * Adds an element at the end of an array. Where there is no value an array is made. It cannot apply to anything else.
 *
 * @example
 * push("fields.tags", "new") // { change: "push", field: "fields.tags", value: "new" }
 */
export function push<T = never, const F extends FieldOf<T, ArrayPath<T>> = FieldOf<T, ArrayPath<T>>, const V = unknown>(
  field: F & Fits<T, F, TakesElement<T, F>, "the record type has no array there">,
  value: Operand<T, V, ElementAt<T, F>>,
): Made<T, ValueChange<never, "push", F, V>> {
  return made({ change: "push", field, value })
}

/**
 * The same as `push`, unless the array has an equal element already.
 *
 * @example
 * pushUnique("fields.tags", "new") // { change: "pushUnique", field: "fields.tags", value: "new" }
 */
export function pushUnique<T = never, const F extends FieldOf<T, ArrayPath<T>> = FieldOf<T, ArrayPath<T>>, const V = unknown>(
  field: F & Fits<T, F, TakesElement<T, F>, "the record type has no array there">,
  value: Operand<T, V, ElementAt<T, F>>,
): Made<T, ValueChange<never, "pushUnique", F, V>> {
  return made({ change: "pushUnique", field, value })
}

/**
 * Takes every equal element out of an array. Where there is no value, nothing is to be done. It cannot apply to anything
 * else.
 *
 * @example
 * pull("fields.tags", "old") // { change: "pull", field: "fields.tags", value: "old" }
 */
export function pull<T = never, const F extends FieldOf<T, ArrayPath<T>> = FieldOf<T, ArrayPath<T>>, const V = unknown>(
  field: F & Fits<T, F, TakesElement<T, F>, "the record type has no array there">,
  value: Operand<T, V, ElementAt<T, F>>,
): Made<T, ValueChange<never, "pull", F, V>> {
  return made({ change: "pull", field, value })
}

/**
 * Gives a value another key of the same object. It cannot apply where the key is not there, nor where the new one has a
 * value.
 *
 * @example
 * rename("fields.address.zip", "postcode") // { change: "rename", field: "fields.address.zip", to: "postcode" }
 */
export function rename<T = never, const F extends FieldOf<T, OptionalKeyPath<T>> = FieldOf<T, OptionalKeyPath<T>>, const K extends string = string>(
  field: F & Fits<T, F, MayBeRenamed<T, F>, "the record type has no key there that may be missing">,
  to: [T] extends [never] ? K : NoInfer<NewKey<T, F>>,
): Made<T, Rename<never, F, K>> {
  return made({ change: "rename", field, to })
}

/**
 * Merges an object into the one at a path, as a JSON merge patch (RFC 7396): keys that are named are stored, objects inside
 * are merged in turn, `null` takes a key away, arrays are replaced as a whole. What is there and is no object is replaced.
 *
 * @example
 * merge("fields.address", { city: "Leeds", zip: null }) // { change: "merge", field: "fields.address", value: { city: "Leeds", zip: null } }
 * @see RFC 7396
 */
export function merge<T = never, const F extends FieldOf<T, ObjectPath<T>> = FieldOf<T, ObjectPath<T>>, const V extends object = object>(
  field: F & Fits<T, F, TakesObject<T, F>, "the record type has no object there">,
  value: Operand<T, V, MergePatch<ObjectsAt<T, F>>>,
): Made<T, ValueChange<never, "merge", F, V>> {
  return made({ change: "merge", field, value })
}

// Typed by what its function promises of it.
function made(change: object): never {
  return change as never
}
