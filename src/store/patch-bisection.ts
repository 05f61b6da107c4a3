import { InvalidRecordError } from "../errors.ts"
import type { RecordStatements } from "../statement/record-statements.ts"
import { isRefusalOfServer, located } from "./batch-bisection.ts"
import type { BatchItem } from "./batch-chunks.ts"
import type { BatchKind } from "./batch-kind.ts"
import type { BatchTarget } from "./batch-target.ts"
import type { GivenPatch } from "./patch-batch.ts"

/** The error of the first patch that the server refuses, where that of their statement does not say which one it is. */
export async function locatedPatch(patches: readonly GivenPatch[], error: unknown, target: BatchTarget, statements: RecordStatements): Promise<unknown> {
  if (!isRefusalOfServer(error) || patches.length <= 1) return error
  const kind = patchesOf(patches, statements)
  const items = patches.map(({ id, position = 0 }): BatchItem => ({ id, position, text: "" }))
  return located(kind, { items, statement: kind.statement(target.db, items) }, error, target)
}

// Of one shape, as one statement takes them.
function patchesOf(patches: readonly GivenPatch[], statements: RecordStatements): BatchKind {
  const byPosition = new Map(patches.map((patch) => [patch.position, patch]))
  const changes = patches[0]?.patch.changes ?? []
  return {
    operation: "patchBatch",
    fault: InvalidRecordError,
    item: () => undefined,
    statement: (_, items) =>
      statements.patch(
        changes,
        items.flatMap(({ position }) => byPosition.get(position) ?? []),
      ),
    withoutRow: "left alone",
    makesRoom: true,
  }
}
