import type { RawJson } from "../json/raw-json.ts"

/** A JSON document as TypeScript sees it. */
export type JsonValue = string | number | boolean | null | JsonArray | JsonObject
export type JsonArray = readonly JsonValue[]
export interface JsonObject {
  readonly [key: string]: JsonValue | undefined
}

/** A record as a query sees it: what a path walks over. `F` is the type of `fields`, `M` of `metadata`. */
export interface RecordShape<F = JsonObject, M = JsonObject> {
  id: string
  fields: F
  metadata: M
  revision: number
  createdAt: Date
  updatedAt: Date
}

/** What a condition inside `any` sees: an element of an array, and nothing of the record around it. */
export interface ElementShape<E> {
  readonly element: E
}

/** The parts of a record that are columns with a type of their own. */
export type PlainColumn = "id" | "revision" | "createdAt" | "updatedAt"

/** A path written as SQL: `fields->>'name'`, `fields#>>'{address,city}'`. */
export type SqlPath = `${"fields" | "metadata"}${"->" | "#>"}${string}`

/** A path as a list: strings are keys as they stand, numbers are array indexes (negative: from the end). */
export type ListPath = readonly [keyof RecordShape, ...(string | number)[]]

type Leaf = string | number | boolean | bigint | symbol | Date | RawJson | null | undefined

// The levels that dotted paths are spelled out for: a recursive type would go on for ever.
type Deeper = [never, 0, 1, 2, 3, 4, 5, 6]
type Levels = 7

/** Every dotted path into `T`, for completion in an editor and for the check of a wrong word. */
export type DottedPath<T, Level extends number = Levels> = unknown extends T
  ? string
  : T extends Leaf
    ? never
    : T extends readonly (infer Element)[]
      ? `${number}` | Joined<`${number}`, Element, Level>
      : { [K in DottableKey<T>]: K | Joined<K, T[K], Level> }[DottableKey<T>]

type Joined<K extends string, T, Level extends number> = Level extends 0
  ? never
  : `${K}.${unknown extends T ? string : DottedPath<NonNullable<T>, Deeper[Level]>}`

// A key with a dot, an empty key and a key that looks like an array index need the list form.
type DottableKey<T> = Exclude<keyof T & string, "" | `${string}.${string}` | `${bigint}`>

/** Every path that is completed: the dotted ones, and inside `any` also `""` for the element itself. */
export type SpelledPath<T> = T extends ElementShape<infer E> ? DottedPath<E> | "" : DottedPath<T>

/** The spellings that are accepted by their form: SQL, and lists. */
export type OtherPath<T> = T extends ElementShape<unknown> ? readonly (string | number)[] : SqlPath | ListPath

/** How a field can be named. */
export type Field<T> = [T] extends [never] ? string | readonly (string | number)[] : SpelledPath<T> | OtherPath<T>

/**
 * `unknown` when `F` names a place in `T`, else a sentence for the compiler to print.
 * Only the spellings that are not completed need it.
 */
export type CheckedField<T, F> = [T] extends [never]
  ? unknown
  : F extends OtherPath<T>
    ? [ValueAt<T, F>] extends [never]
      ? "there is no such path in the record type"
      : unknown
    : unknown

/** The type of the value at a path, `never` when the type has no such place. Null and undefined are left out. */
export type ValueAt<T, F> = Present<T extends ElementShape<infer E> ? Walk<E, ElementSegments<F>> : Walk<T, Segments<F>>>

type Present<V> = unknown extends V ? unknown : NonNullable<V>

/** What may stand at a path: the type of the value with the null that it has, never undefined. */
export type DefinedAt<T, F> = Defined<Walk<T, Segments<F>>>

type Defined<V> = unknown extends V ? unknown : Exclude<V, undefined>

/** What may be given where a value of a document is stored. */
export type WritableValue<V> = unknown extends V ? unknown : [JsonValue] extends [V] ? WritableJson : Writable<V>

/** What the last step of a path is taken in: the type of the object or the array, null and undefined left out. */
export type ParentAt<T, F> = Segments<F> extends readonly [...infer Parents, unknown] ? Present<Walk<T, Parents>> : never

/** The last step of a path. */
export type LastStep<F> = Segments<F> extends readonly [...unknown[], infer Last] ? Last : never

type ElementSegments<F> = F extends "" ? [] : F extends readonly unknown[] ? F : F extends string ? Split<F, "."> : never

/** The steps of a path: keys are strings, array indexes numbers. */
export type Segments<F> = F extends readonly unknown[]
  ? F
  : F extends `${infer Column}#>${string}{${infer Inside}}${string}`
    ? [Column, ...Split<Inside, ",">]
    : F extends `${infer Column}->${infer Rest}`
      ? [Column, ...Arrows<Rest>]
      : F extends string
        ? Split<F, ".">
        : never

type Split<S extends string, Separator extends string> = S extends `${infer Head}${Separator}${infer Tail}`
  ? [Step<Head>, ...Split<Tail, Separator>]
  : [Step<S>]

type Step<S extends string> = S extends `${infer N extends number}` ? (`${N}` extends S ? N : S) : S

type Arrows<S extends string> = S extends `>${infer Rest}`
  ? [Arrow<Rest>]
  : S extends `${infer Head}->${infer Tail}`
    ? [Arrow<Head>, ...Arrows<Tail>]
    : [Arrow<S>]

type Arrow<S extends string> = S extends `'${infer Key}'` ? Unquoted<Key> : Step<S>

type Unquoted<S extends string> = S extends `${infer Head}''${infer Tail}` ? `${Head}'${Unquoted<Tail>}` : S

type Walk<T, Steps> = Steps extends readonly [infer Head, ...infer Tail] ? (unknown extends T ? unknown : Walk<At<NonNullable<T>, Head>, Tail>) : T

// Distributes over unions: a path into `string | { x: number }` names the number.
type At<T, K> = T extends Leaf
  ? never
  : T extends readonly unknown[]
    ? K extends number
      ? number extends T["length"]
        ? T[number]
        : `${K}` extends keyof T
          ? T[`${K}`]
          : T[number]
      : `${number}` extends K
        ? T[number]
        : never
    : K extends keyof T
      ? T[K]
      : never

/**
 * The part of a record that `select` brings back for one path: the value in its place.
 * Where the path may have no value, every level of it is optional.
 */
export type Selected<T, F> = Nested<Segments<F>, Stored<ValueAt<T, F>>, MayBeMissing<T, Segments<F>>>

type Nested<Steps, V, Optional> = Steps extends readonly [infer Head, ...infer Tail]
  ? Head extends number
    ? (Nested<Tail, V, Optional> | undefined)[]
    : Head extends string
      ? Optional extends true
        ? { [K in Head]?: Nested<Tail, V, Optional> }
        : { [K in Head]: Nested<Tail, V, Optional> }
      : never
  : V

type MayBeMissing<T, Steps> = Steps extends readonly [infer Head, ...infer Tail]
  ? [T] extends [NonNullable<T>]
    ? Head extends number
      ? true
      : HasAlways<T, Head> extends true
        ? MayBeMissing<Head extends keyof T ? T[Head] : never, Tail>
        : true
    : true
  : [T] extends [NonNullable<T>]
    ? false
    : true

/** `true` when an object of the type has the key, whatever else it has. */
export type HasAlways<T, K> = K extends keyof T ? (string extends keyof T ? false : T extends Record<K, unknown> ? true : false) : false

/** What comes back from the database where a `T` was stored: a `Date` inside a document is the string of its `toISOString()`. */
export type Stored<T> = [T] extends [JsonValue | undefined] ? T : StoredPart<T>

// Distributes over unions.
type StoredPart<T> = T extends Date
  ? string
  : T extends RawJson
    ? JsonValue
    : T extends string | number | boolean | bigint | null | undefined
      ? T
      : unknown extends T
        ? T
        : { [K in keyof T]: Stored<T[K]> }

/** What is read where a `T` is stored, with `numbers: "exact"`. A number of which the type says which it is stays what it is. */
export type Exact<T> = unknown extends T ? T : [JsonValue] extends [T] ? ExactJson | Extract<T, undefined> : ExactPart<T>

// Distributes over unions.
type ExactPart<T> = T extends number
  ? number extends T
    ? number | bigint | string
    : T
  : T extends string | boolean | null | undefined
    ? T
    : IsAnyObject<T> extends true
      ? ExactObject
      : { [K in keyof T]: Exact<T[K]> }

// Any JSON by an interface, at which the compiler stops.
type IsAnyObject<T> = string extends keyof T ? (JsonObject extends T ? true : false) : false
type ExactJson = string | number | bigint | boolean | null | readonly ExactJson[] | ExactObject
interface ExactObject {
  readonly [key: string]: ExactJson | undefined
}

/**
 * What may be given where a `T` is stored: raw JSON text may stand for the whole of it, and for each part; and for a `Date`
 * the string that is read, so that what was read can be written.
 */
export type Writable<T> = T | RawJson | WritableParts<T>

type WritableParts<T> = T extends Date
  ? string
  : T extends Leaf
    ? never
    : unknown extends T
      ? never
      : IsAnyObject<T> extends true
        ? WritableObject
        : { [K in keyof T]: Writable<T[K]> }

type WritableJson = string | number | boolean | null | RawJson | readonly WritableJson[] | WritableObject
interface WritableObject {
  readonly [key: string]: WritableJson | undefined
}
