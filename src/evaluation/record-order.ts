import { isJsonPath, type PlainColumnName } from "../path/json-path.ts"
import type { CheckedSortKey } from "../predicate/checked-query.ts"
import { totalOrder } from "../predicate/total-order.ts"
import { hasValue } from "./json-kind.ts"
import { jsonbOrder } from "./jsonb-order.ts"
import type { Subject } from "./record-test.ts"
import { textOrder } from "./text-order.ts"
import { valueAt } from "./value-at.ts"

/** Below, at or above zero: the order of two records. */
export type SubjectOrder = (a: Subject, b: Subject) => number

/** The order of a sort as a function, with the meaning that its SQL has; ties are broken by `id`. */
export function recordOrder(keys: readonly CheckedSortKey[]): SubjectOrder {
  const orders = totalOrder(keys).map(keyOrder)
  return (a, b) => {
    for (const order of orders) {
      const found = order(a, b)
      if (found !== 0) return found
    }
    return 0
  }
}

function keyOrder({ path, direction, nulls }: CheckedSortKey): SubjectOrder {
  const way = direction === "asc" ? 1 : -1
  if (!isJsonPath(path)) return (a, b) => way * columnOrders[path.column](a, b)
  const value = (subject: Subject): unknown => valueAt(subject[path.column], path.steps)
  const ordered: SubjectOrder = (a, b) => way * jsonbOrder(value(a), value(b))
  if (nulls === undefined) return ordered
  const side = nulls === "first" ? 1 : -1
  return (a, b) => side * (Number(hasValue(value(a))) - Number(hasValue(value(b)))) || ordered(a, b)
}

const columnOrders: Record<PlainColumnName, SubjectOrder> = {
  id: (a, b) => textOrder(String(a.id), String(b.id)),
  revision: (a, b) => Number(a.revision) - Number(b.revision),
  createdAt: (a, b) => Number(a.createdAt) - Number(b.createdAt),
  updatedAt: (a, b) => Number(a.updatedAt) - Number(b.updatedAt),
}
