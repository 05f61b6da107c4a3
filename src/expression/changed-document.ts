import type { PathStep } from "../path/json-path.ts"
import type { CheckedChange, MergePlan } from "../predicate/checked-change.ts"
import type { ChangeName } from "../query/change.ts"
import { accessorWithin, textLiteral, unguardedAccessor } from "./accessor.ts"

/*
 * The SQL of one change: an expression over a document, which gives the whole document as it is then, and SQL NULL where
 * the change cannot apply. Every function in it gives NULL for NULL, so that what fails inside fails as a whole.
 */

/** What a change works on: the SQL of a document that is not NULL, and of the value that the change was given. */
export interface ChangePlace {
  readonly change: CheckedChange
  readonly document: string
  readonly operand: string
}

/**
 * The document after one change, SQL NULL where it cannot apply.
 *
 * @example
 * checkedChanges([unset("fields.age")], "").map((change) => changedDocument({ change, document: '"document"', operand: '"values"->0' }))
 * // case when "document"->'age' is null then "document" else ("document") - 'age'::text end
 */
export function changedDocument(place: ChangePlace): string {
  return changedBy[place.change.change](place)
}

const changedBy: Record<ChangeName, (place: ChangePlace) => string> = {
  set: (place) => stored(place, place.operand),
  unset: (place) => whereThere(place, without(place)),
  increment: (place) => stored(place, byKind(place, { null: `(${place.operand})`, number: sum(place) })),
  multiply: (place) => stored(place, byKind(place, { number: product(place) })),
  push: (place) => stored(place, byKind(place, { null: `jsonb_build_array(${place.operand})`, array: pushed(place) })),
  pushUnique: (place) =>
    stored(
      place,
      byKind(place, { null: `jsonb_build_array(${place.operand})`, array: `case when ${hasElement(place)} then ${valueAt(place)} else ${pushed(place)} end` }),
    ),
  pull: (place) => whereThere(place, stored(place, byKind(place, { null: valueAt(place), array: pulled(place) }))),
  rename: renamed,
  merge: (place) => stored(place, merged(valueAt(place), place.operand, place.change.merge)),
}

type Kind = "null" | "number" | "array" | "object"

// Only inside of what `storedAt` or `whereThere` has found the way to.
function valueAt({ change, document }: ChangePlace): string {
  return unguardedAccessor(document, change.path.steps)
}

// No value is of the kind null.
function byKind(place: ChangePlace, values: { readonly [K in Kind]?: string }): string {
  return kindCase(valueAt(place), values)
}

function kindCase(value: string, values: { readonly [K in Kind]?: string }): string {
  const branches = Object.entries(values).map(([kind, result]) => `when '${kind}' then ${result}`)
  return `case coalesce(jsonb_typeof(${value}), 'null') ${branches.join(" ")} end`
}

/** The document with another value at the path of the change, and the objects on the way to it. */
function stored({ change, document }: ChangePlace, value: string): string {
  return storedAt(document, change.path.steps, value)
}

// Each step stands inside of the ones before it, which have made sure of the arrays on the way: to do so again in each would
// be a text that grows with the cube of the length of the path.
function storedAt(document: string, steps: readonly PathStep[], value: string): string {
  return steps.reduceRight<string>((inner, step, index) => {
    const container = unguardedAccessor(document, steps.slice(0, index))
    if (typeof step === "string") return `jsonb_set(${kindCase(container, { null: "'{}'", object: container })}, array[${textLiteral(step)}], ${inner})`
    const element = unguardedAccessor(document, steps.slice(0, index + 1))
    return `case when jsonb_typeof(${container}) = 'array' and ${element} is not null then jsonb_set(${container}, array['${step}'], ${inner}) end`
  }, value)
}

function whereThere({ change, document }: ChangePlace, changed: string): string {
  return `case when ${accessorWithin(document, change.path.steps)} is null then ${document} else ${changed} end`
}

// Only where there is a value: what it stands in is an object for a key, and an array for an index.
function without({ change, document }: ChangePlace): string {
  const { parents, last, container } = lastStep(change.path.steps, document)
  if (last === undefined) return "'null'"
  return storedAt(document, parents, lessStep(container, last))
}

function renamed({ change, document }: ChangePlace): string {
  const { parents, last, container } = lastStep(change.path.steps, document)
  const [from, to] = [String(last), change.to]
  const value = (key: string) => accessorWithin(document, [...parents, key])
  const both = `jsonb_set(${lessStep(container, from)}, array[${textLiteral(to)}], ${unguardedAccessor(container, [from])})`
  return `case when ${value(from)} is not null and coalesce(${value(to)}, 'null') = 'null' then ${storedAt(document, parents, both)} end`
}

function lastStep(steps: readonly PathStep[], document: string) {
  const parents = steps.slice(0, -1)
  return { parents, last: steps.at(-1), container: unguardedAccessor(document, parents) }
}

// The minus binds more closely than the arrow; and without the cast PostgreSQL reads the key as a number.
function lessStep(container: string, step: PathStep): string {
  return `(${container}) - ${typeof step === "string" ? `${textLiteral(step)}::text` : `(${step})`}`
}

// PostgreSQL's numeric has 131,072 digits before the point and 16,383 behind; beyond it fails, or rounds.
function sum(place: ChangePlace): string {
  const number = `(${valueAt(place)})::numeric`
  return `case when abs(${number}) < '1e131071' then to_jsonb(${number} + (${place.operand})::numeric) end`
}

function product(place: ChangePlace): string {
  const number = `(${valueAt(place)})::numeric`
  return `case when abs(${number}) < '1e65536' and scale(${number}) < 8192 then to_jsonb(${number} * (${place.operand})::numeric) end`
}

function pushed(place: ChangePlace): string {
  return `${valueAt(place)} || jsonb_build_array(${place.operand})`
}

function hasElement(place: ChangePlace): string {
  return `exists (select from jsonb_array_elements(${valueAt(place)}) as "each"("element") where "element" = ${place.operand})`
}

function pulled(place: ChangePlace): string {
  const elements = `jsonb_array_elements(${valueAt(place)}) with ordinality as "each"("element", "index")`
  return `(select coalesce(jsonb_agg("element" order by "index"), '[]') from ${elements} where "element" <> ${place.operand})`
}

/** An object with a merge patch (RFC 7396) merged into it. */
function merged(value: string, patch: string, { removed, merged: inner }: MergePlan): string {
  const object = `case jsonb_typeof(${value}) when 'object' then ${value} else '{}' end`
  const plain = `${object} || (${lessKeys(patch, [...removed, ...inner.map(({ key }) => key)])})`
  const members = inner.map(({ key, plan }) => `${textLiteral(key)}, ${merged(accessorWithin(value, [key]), accessorWithin(patch, [key]), plan)}`)
  return [lessKeys(plain, removed), ...builtObjects(members)].join(" || ")
}

// PostgreSQL's functions take 100 arguments; one object for each member would be an expression too deep for its stack.
const MOST_MEMBERS = 50

function builtObjects(members: readonly string[]): readonly string[] {
  if (members.length === 0) return []
  return [`jsonb_build_object(${members.slice(0, MOST_MEMBERS).join(", ")})`, ...builtObjects(members.slice(MOST_MEMBERS))]
}

function lessKeys(object: string, keys: readonly string[]): string {
  return keys.length === 0 ? object : `(${object}) - array[${keys.map(textLiteral).join(", ")}]`
}
