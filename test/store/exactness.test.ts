import { isDeepStrictEqual } from "node:util"
import { expect, test } from "vitest"
import { databases, migratedDatabase } from "../setup/databases.ts"
import { exactDocuments } from "../setup/exact-documents.ts"

/** `npm run test:exact` compares ten times as many. */
const DOCUMENTS = Number(process.env["EXACT_DOCUMENTS"] ?? 10_000)
const BATCH = 2_000

test.each(databases)(`${DOCUMENTS} documents come back as they were written, on $name`, { timeout: 300_000 }, async (kind) => {
  const { db, drop } = await migratedDatabase(kind)
  for (let done = 0; done < DOCUMENTS; done += BATCH) {
    const documents = [...exactDocuments(Math.min(BATCH, DOCUMENTS - done), done + 1)]
    const ids = await db.createBatch(documents.map(({ written }) => ({ fields: written as never, metadata: { list: [written] } as never })))
    const expected = new Map(ids.map((id, index) => [id, documents[index]]))
    for (const { id, fields, metadata } of await db.search({ filters: [{ field: "id", operator: "in", value: ids }] }, { numbers: "exact" })) {
      const read = expected.get(id)?.read
      if (!isDeepStrictEqual(fields, read)) expect(fields).toStrictEqual(read)
      if (!isDeepStrictEqual(metadata, { list: [read] })) expect(metadata).toStrictEqual({ list: [read] })
      expected.delete(id)
    }
    expect(expected.size).toBe(0)
  }
  expect(await db.count()).toBe(DOCUMENTS)
  await drop()
})
