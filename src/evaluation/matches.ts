import { checkedCondition } from "../predicate/checked-condition.ts"
import type { LooseCondition } from "../query/condition.ts"
import { recordTest, type Subject } from "./record-test.ts"

/** A record as it is looked at in memory; a column that is left out has no value. */
export interface EvaluatedRecord extends Omit<Subject, "element"> {
  readonly fields: unknown
}

/**
 * Whether a condition is true of a record: the answer that the database gives, without one.
 *
 * Strings are ordered by code point; case and character classes are those of ASCII. Numbers that a JavaScript number
 * cannot hold may be a `bigint`. A `Date` is the string of its `toISOString()`.
 *
 * @example
 * matches(filter("fields.age", ">", 30), { fields: { age: 36 } }) // true
 * @throws InvalidQueryError whose pointer counts from the condition; also for a regular expression outside of the subset
 * that means the same in JavaScript: back references, collating elements, negated classes between brackets.
 */
export function matches(condition: LooseCondition, record: EvaluatedRecord): boolean {
  return recordTest(checkedCondition(condition, ""))(record)
}
