import { recordOrder } from "../evaluation/record-order.ts"
import { recordTest, type SubjectTest } from "../evaluation/record-test.ts"
import type { CheckedQuery } from "../predicate/checked-query.ts"
import type { FileRecord } from "./file-record.ts"

/** Whether a record satisfies all filters of a query. @throws InvalidQueryError for a regular expression outside of the subset. */
export function filtersTest({ filters }: CheckedQuery): SubjectTest {
  const tests = filters.map(recordTest)
  return (record) => tests.every((test) => test(record))
}

/** What a query finds among records, in its order. @throws InvalidQueryError as above, before anything is looked at. */
export function fileSearch(query: CheckedQuery): (records: Iterable<FileRecord>) => readonly FileRecord[] {
  const test = filtersTest(query)
  const order = recordOrder(query.sort)
  const { offset = 0, limit = Number.POSITIVE_INFINITY } = query
  return (records) =>
    Array.from(records)
      .filter(test)
      .sort(order)
      .slice(offset, offset + limit)
}
