import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { afterEach, expect, test, vi } from "vitest"
import { newId } from "../../src/store/new-id.ts"

afterEach(() => {
  vi.useRealTimers()
})

test("an id is a UUID of version 7 with the time of its creation", () => {
  const before = Date.now()
  const id = newId()
  expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  const time = Number.parseInt(id.replace("-", "").slice(0, 12), 16)
  expect(time).toBeGreaterThanOrEqual(before)
  expect(time).toBeLessThanOrEqual(Date.now() + 1)
})

test("ids grow, also within a millisecond, past a full one, and when the clock is set back", () => {
  vi.useFakeTimers({ now: Date.now() + 60_000, toFake: ["Date"] })
  const ids = Array.from({ length: 10_000 }, newId)
  vi.setSystemTime(Date.now() - 3_600_000)
  ids.push(newId())
  vi.setSystemTime(Date.now() + 7_200_000)
  ids.push(newId())
  expect(ids).toEqual(ids.toSorted())
  expect(new Set(ids.map((id) => id.slice(19)))).toHaveLength(ids.length)
})

test("all that is neither time nor counter is random", () => {
  const ids = Array.from({ length: 5_000 }, newId)
  // The digit of the variant has two random bits, each of the others four.
  for (let place = 19; place < 36; place += 1) {
    const digits = new Set(ids.map((id) => id[place]))
    expect([place, digits.size]).toEqual([place, place === 19 ? 4 : place === 23 ? 1 : 16])
  }
})

test("an id holds on to nothing but itself: a batch keeps millions of them", () => {
  setFlagsFromString("--expose-gc")
  const collect = runInNewContext("gc") as () => void
  collect()
  const before = process.memoryUsage().heapUsed
  const ids = Array.from({ length: 200_000 }, newId)
  collect()
  const bytesEach = (process.memoryUsage().heapUsed - before) / ids.length
  // 56 for 36 characters and their header, 8 for the place in the list; put together from others it had 180.
  expect(bytesEach).toBeLessThan(100)
})
