import type { RawJson } from "../json/raw-json.ts"
import type { CheckedField, ElementShape, Field, OtherPath, PlainColumn, RecordShape, SpelledPath, ValueAt } from "./field.ts"
import type { OperandKind, OperatorName, OperatorTaking, ValueKind } from "./operator.ts"

/** Text, numbers, booleans and dates: what a list operand may hold. */
export type Scalar = string | number | bigint | boolean | Date | RawJson

// These two carry what the compiler needs to know; they are never there at run time.
declare const recordType: unique symbol
declare const checked: unique symbol

/** What knows the shape of a record. */
// A method, so that a condition made outside a query (of `never`) fits every record type, and fits in either direction.
export interface Typed<T> {
  [recordType]?(record: T): void
}

/** One comparison: a field, an operator and, for most operators, a value. Plain data. */
export interface Comparison<T, F, O, V> extends Typed<T> {
  readonly field: F
  readonly operator: O
  readonly value: V
}

/** A test that needs no value: `exists` and `not_exists`. */
export interface Test<T, F, O> extends Typed<T> {
  readonly field: F
  readonly operator: O
  readonly value?: undefined
}

interface Mark {
  readonly [checked]: true
}

/** A comparison that `filter` has checked against the record type. */
// It names no value: what so visibly is no comparison costs the compiler nothing to tell from one.
export interface Checked<T> extends Typed<T> {
  readonly field: (string | readonly (string | number)[]) & Mark
  readonly operator: OperatorName
  readonly [checked]: true
}

// Named in the other forms as well, so that the compiler points at a wrong field and not at the whole object.
interface Group<T> extends Typed<T> {
  readonly field?: undefined
  readonly operator?: undefined
  readonly value?: undefined
}

/** True when every one of the conditions is; `and: []` is true. */
export interface And<T> extends Group<T> {
  readonly and: readonly Condition<T>[]
}

/** True when at least one of the conditions is; `or: []` is false. */
export interface Or<T> extends Group<T> {
  readonly or: readonly Condition<T>[]
}

/** The exact complement of a condition, records without the value included. */
export interface Not<T> extends Group<T> {
  readonly not: Condition<T>
}

/**
 * A condition over records of the shape `T`, as plain JSON data.
 * `RecordShape<Person, Source>` is the shape of a record with those fields and that metadata.
 */
export type Condition<T = RecordShape> = Conditions<T>["one"]

// The compiler sorts a union with a name anew for every call it stands around: a query names its conditions by this.
// The second parameter is never given: it does not compile while a kind of operand has no leaf below.
export interface Conditions<T, _WithoutLeaf extends never = Exclude<OperandKind, KindWithLeaf>> {
  one: And<T> | Or<T> | Not<T> | Checked<T> | ([T] extends [never] ? LooseLeaf<T> : Leaf<T> | OtherSpelling<T>)
}

/** A condition over records of any shape, or of one that is not known to the compiler. */
export type LooseCondition =
  | { readonly and: readonly LooseCondition[] }
  | { readonly or: readonly LooseCondition[] }
  | { readonly not: LooseCondition }
  | { readonly field: string | readonly (string | number)[]; readonly operator: OperatorName; readonly value?: unknown }

// Fields of one type share their leaves: the compiler's work grows with the number of different types, not of fields.
type Leaf<T> =
  | AnyLeaf<T, Exclude<SpelledPath<T>, PlainColumn>>["one"]
  | { [K in keyof Family]: FamilyLeaf<T, PathsIn<T, K>, Family[K]> }[keyof Family]
  | { [F in PathsIn<T, "other">]: LeafOn<T, F, ValueAt<T, F>>["one"] }[PathsIn<T, "other">]

// The types that most fields have.
interface Family {
  text: string
  number: number
  boolean: boolean
  date: Date
  texts: string[]
  numbers: number[]
}

type FamilyOf<F, V> = F extends PlainColumn ? "other" : { [K in keyof Family]: Same<V, Family[K]> extends true ? K : never }[keyof Family]

type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? (unknown extends A ? false : true) : false) : false

type Families<T> = { [F in SpelledPath<T>]: [FamilyOf<F, ValueAt<T, F>>] extends [infer K extends string] ? ([K] extends [never] ? "other" : K) : never }

type PathsIn<T, K> = { [F in SpelledPath<T>]: Families<T>[F] extends K ? F : never }[SpelledPath<T>]

type FamilyLeaf<T, F, V> = [F] extends [never] ? never : LeafOn<T, F, V>["one"]

// The members of these interfaces are unions without a name: the compiler makes a named one anew wherever it meets it.
interface AnyLeaf<T, F> {
  one: Comparison<T, F, OperatorTaking<"kinds">, OperandOf<unknown, "type">> | Test<T, F, OperatorTaking<"none">>
}

interface LeafOn<T, F, V> {
  one:
    | ComparisonBy<T, F, OperatorOn<F, V> & OperatorTaking<"value">, OperandOf<V, "=">>
    | ComparisonBy<T, F, OperatorOn<F, V> & OperatorTaking<"ordered">, OperandOf<V, ">">>
    | ComparisonBy<T, F, OperatorOn<F, V> & OperatorTaking<"range">, OperandOf<V, "between">>
    | ComparisonBy<T, F, OperatorOn<F, V> & OperatorTaking<"list">, OperandOf<V, "in">>
    | ComparisonBy<T, F, OperatorOn<F, V> & OperatorTaking<TextKind>, string>
    | ComparisonBy<T, F, OperatorOn<F, V> & OperatorTaking<"part">, OperandOf<V, "contains">>
    | ComparisonBy<T, F, OperatorOn<F, V> & OperatorTaking<"scalars">, OperandOf<V, "contains_any">>
    | ComparisonBy<T, F, OperatorOn<F, V> & OperatorTaking<"length">, number | bigint>
    | ([OperatorOn<F, V> & OperatorTaking<"condition">] extends [never] ? never : ElementTest<T, F, OperatorTaking<"condition">, ElementOf<V>>)
}

type ComparisonBy<T, F, O, V> = [O] extends [never] ? never : Comparison<T, F, O, V>

type TextKind = "pattern" | "regex" | "text"
type KindWithLeaf = TextKind | "none" | "value" | "ordered" | "range" | "list" | "kinds" | "part" | "scalars" | "length" | "condition"

// An interface, so that a recursive record type is only looked into as deep as a condition goes.
interface ElementTest<T, F, O, E> extends Typed<T> {
  readonly field: F
  readonly operator: O
  readonly value: Condition<ElementShape<E>>
}

// In a plain object these spellings are accepted by their form; `filter(...)` checks them against the type.
type OtherSpelling<T> = LooseLeaf<T, OtherPath<T>>

// Grouped as the leaves of a typed condition are, so that those fit in here.
type LooseLeaf<T, F = string | readonly (string | number)[]> =
  | Comparison<T, F, OperatorTaking<"value">, LooseOperand<"=">>
  | Comparison<T, F, OperatorTaking<"ordered">, LooseOperand<">">>
  | Comparison<T, F, OperatorTaking<"range">, LooseOperand<"between">>
  | Comparison<T, F, OperatorTaking<"list">, LooseOperand<"in">>
  | Comparison<T, F, OperatorTaking<TextKind>, string>
  | Comparison<T, F, OperatorTaking<"kinds">, LooseOperand<"type">>
  | Comparison<T, F, OperatorTaking<"part">, LooseOperand<"contains">>
  | Comparison<T, F, OperatorTaking<"scalars">, LooseOperand<"contains_any">>
  | Comparison<T, F, OperatorTaking<"length">, number | bigint>
  | Comparison<T, F, OperatorTaking<"condition">, object>
  | Test<T, F, OperatorTaking<"none">>

type LooseOperand<O> =
  O extends OperatorTaking<"part">
    ? Scalar | readonly Scalar[] | object
    : O extends OperatorTaking<"scalars">
      ? readonly Scalar[]
      : O extends OperatorTaking<"condition">
        ? Condition<never>
        : KnownOperand<Scalar | object, O>

/** The operators that make sense on a value of the type `V`: orderings on text, numbers and dates, patterns on text, and so on. */
export type OperatorOn<F, V> =
  | OperatorTaking<"value">
  // A list holds no array and no object: there is nothing to compare one with.
  | ([Extract<V, Scalar>] extends [never] ? never : OperatorTaking<"list">)
  | ([F] extends [PlainColumn] ? never : OperatorTaking<"none" | "kinds">)
  | ([Extract<V, string | number | bigint | Date>] extends [never] ? never : OperatorTaking<"ordered" | "range">)
  | ([Extract<V, string>] extends [never] ? never : [F] extends [PlainColumn] ? never : OperatorTaking<TextKind>)
  | ([Arrays<V>] extends [never] ? never : OperatorTaking<"part" | "scalars" | "length" | "condition">)
  | ([Objects<V>] extends [never] ? never : OperatorTaking<"part">)
  | (unknown extends V ? OperatorName : never)

/** What an operator takes when the value has the type `V`: anything it can be given, when that is not known. */
export type OperandOf<V, O> = unknown extends V ? LooseOperand<O> : KnownOperand<V, O>

type KnownOperand<V, O> =
  O extends OperatorTaking<"value">
    ? Wider<V>
    : O extends OperatorTaking<"ordered">
      ? Wider<Extract<V, string | number | bigint | Date>>
      : O extends OperatorTaking<"range">
        ? Pair<Extract<V, string | number | bigint | Date>>
        : O extends OperatorTaking<"list">
          ? readonly Wider<Extract<V, Scalar>>[]
          : O extends OperatorTaking<TextKind>
            ? string
            : O extends OperatorTaking<"kinds">
              ? ValueKind | readonly ValueKind[]
              : O extends OperatorTaking<"length">
                ? number | bigint
                : ElementOperand<V, O>

type ElementOperand<V, O> =
  O extends OperatorTaking<"part">
    ? Wider<Extract<ElementOf<V>, Scalar>> | readonly Wider<Extract<ElementOf<V>, Scalar>>[] | PartOf<Objects<V>>
    : O extends OperatorTaking<"scalars">
      ? readonly Wider<Extract<ElementOf<V>, Scalar>>[]
      : O extends OperatorTaking<"condition">
        ? Condition<ElementShape<ElementOf<V>>>
        : never

type Arrays<V> = Extract<V, readonly unknown[]>
type Objects<V> = V extends Scalar | readonly unknown[] ? never : V extends object ? V : never
type ElementOf<V> = unknown extends V ? unknown : NonNullable<Arrays<V>[number]>

// What `contains` may ask of an object: some of its keys, to any depth; of an array inside, some elements.
type PartOf<T> = T extends Scalar
  ? Wider<T>
  : T extends readonly (infer E)[]
    ? readonly PartOf<E>[]
    : T extends object
      ? { readonly [K in keyof T]?: PartOf<T[K]> }
      : T

// A number can be given as a bigint or as its JSON text, a date as the string that is stored.
type Wider<V> = V extends number | bigint ? number | bigint | RawJson : V extends Date ? Date | string : V

type Pair<V> =
  | ([Extract<V, string>] extends [never] ? never : readonly [Extract<V, string>, Extract<V, string>])
  | ([Extract<V, number | bigint>] extends [never] ? never : readonly [number | bigint | RawJson, number | bigint | RawJson])
  | ([Extract<V, Date>] extends [never] ? never : readonly [Date | string, Date | string])

type OperatorAt<T, F> = [T] extends [never] ? OperatorName : OperatorOn<T extends ElementShape<unknown> ? null : F, ValueAt<T, F>>
type OperandArguments<T, F, O> = O extends OperatorTaking<"none"> ? readonly [] : readonly [value: OperandAt<T, F, O>]
type OperandAt<T, F, O> = [T] extends [never] ? LooseOperand<O> : OperandOf<ValueAt<T, F>, O>

/**
 * A comparison of one field. Inside a query of a typed database the field, the operator and the value are checked
 * against the record type; a wrong one is a compile error at that word.
 *
 * A field with no value (missing, JSON null, SQL NULL) makes every operator false but `not_exists`.
 *
 * @example
 * filter("fields.age", ">=", 18) // { field: "fields.age", operator: ">=", value: 18 }
 * // coalesce("fields"->'age', 'null') >= $1::jsonb and coalesce("fields"->'age', 'null') < 'false'
 */
export function filter<
  T = never,
  const F extends Field<T> = Field<T>,
  const O extends OperatorAt<T, F> = OperatorAt<T, F>,
  const V extends readonly unknown[] & OperandArguments<never, F, O> = readonly unknown[] & OperandArguments<never, F, O>,
>(field: F & CheckedField<T, F>, operator: O, ...value: [T] extends [never] ? V : NoInfer<OperandArguments<T, F, O>>): Filter<T, F, O, V> {
  return comparison(field, operator, value)
}

// Typed by what `filter` promises of it; without a value the key is left out, so that JSON gives back the same.
function comparison(field: unknown, operator: unknown, operands: unknown): never {
  const [value] = Array.isArray(operands) ? operands : []
  const condition = value === undefined ? { field, operator } : { field, operator, value }
  return condition as never
}

/** What `filter` gives: checked already inside a typed query; outside of one it waits to be checked where it is used. */
export type Filter<T, F, O, V extends readonly unknown[]> = [T] extends [never] ? NoInfer<Comparison<never, F, O, V[0]>> : Checked<T>

/**
 * True when every condition is. With none it is true.
 *
 * @example
 * and(filter("fields.age", ">=", 18), filter("fields.name", "exists"))
 */
export function and<T = never, const C extends readonly Condition<T>[] = readonly Condition<T>[]>(
  ...conditions: C
): [T] extends [never] ? { readonly and: C } : And<T>
export function and(...conditions: unknown[]): object {
  return { and: conditions }
}

/**
 * True when at least one condition is. With none it is false.
 *
 * @example
 * or(filter("fields.city", "=", "Paris"), filter("fields.city", "=", "Oslo"))
 */
export function or<T = never, const C extends readonly Condition<T>[] = readonly Condition<T>[]>(
  ...conditions: C
): [T] extends [never] ? { readonly or: C } : Or<T>
export function or(...conditions: unknown[]): object {
  return { or: conditions }
}

/**
 * The exact complement: `not(filter("fields.age", "=", 3))` also finds records that have no age.
 *
 * @example
 * not(filter("fields.age", "=", 3))
 */
export function not<T = never, const C extends Condition<T> = Condition<T>>(condition: C): [T] extends [never] ? { readonly not: C } : Not<T>
export function not(condition: unknown): object {
  return { not: condition }
}
