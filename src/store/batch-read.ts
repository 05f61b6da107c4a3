import { InvalidQueryError } from "../errors.ts"
import type { NumberForm } from "../json/exact-number.ts"
import type { StoredRecord } from "../query/query.ts"
import { readBatchStatement } from "../statement/batch.ts"
import { batchChunks, checkSource, type ToItem } from "./batch-chunks.ts"
import { idItem } from "./batch-kind.ts"
import type { BatchSource } from "./batch-options.ts"
import { foundRecords } from "./found-records.ts"
import type { ReadAs } from "./read-options.ts"
import type { StatementRunner } from "./statement-runner.ts"

/** The records with these ids, in their order. */
export async function readInTurn<F, M, N extends NumberForm>(
  ids: BatchSource<unknown>,
  numbers: N,
  runner: StatementRunner,
): Promise<(ReadAs<StoredRecord<F, M>, N> | null)[]> {
  checkSource("readBatch", ids, InvalidQueryError)
  const records: (ReadAs<StoredRecord<F, M>, N> | null)[] = []
  const item: ToItem = (id, position) => {
    records[position] = null
    return idItem(id, position, runner.definition)
  }
  for await (const chunk of batchChunks("readBatch", ids, item)) {
    const known = chunk.map(({ id }) => id)
    const rows = await runner.rows("readBatch", readBatchStatement(runner.db, runner.definition, known, numbers))
    const found = await foundRecords<F, M, undefined, N>(rows, { select: undefined, numbers }, runner.definition)
    const byId = new Map(rows.map(({ id }, index) => [id, found[index]]))
    for (const { id, position } of chunk) records[position] = byId.get(id) ?? null
  }
  return records
}
