import type { RecordStatements } from "../statement/record-statements.ts"
import { isRefusalOfServer, located } from "./batch-bisection.ts"
import type { BatchItem } from "./batch-chunks.ts"
import type { BatchWrite } from "./batch-kind.ts"
import type { BatchTarget } from "./batch-target.ts"
import type { GivenPatch } from "./patch-batch.ts"

/** The error of the first patch that the server refuses, where that of their statement does not say which one it is. */
export async function locatedPatch(patches: readonly GivenPatch[], error: unknown, target: BatchTarget, statements: RecordStatements): Promise<unknown> {
  if (!isRefusalOfServer(error) || patches.length <= 1) return error
  const kind = patchesOf(patches, statements)
  const items = patches.map(({ id, position = 0, patch }): BatchItem => ({ id, position, text: patch.values }))
  return (await located(kind, { items, statement: kind.statement(target.db, items) }, error, target)) ?? error
}

// Of one shape, as one statement takes them.
function patchesOf(patches: readonly GivenPatch[], statements: RecordStatements): BatchWrite {
  const byPosition = new Map(patches.map((patch) => [patch.position, patch]))
  const changes = patches[0]?.patch.changes ?? []
  return {
    operation: "patchBatch",
    statement: (_, items) =>
      statements.patch(
        changes,
        items.flatMap(({ position }) => byPosition.get(position) ?? []),
      ),
    withoutRow: "left alone",
    makesRoom: true,
    needsFreeIds: false,
    makesRecords: false,
  }
}
