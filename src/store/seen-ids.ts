import type { IdType } from "../query/record-type.ts"

/** Ids that were seen, each with its position: 20 bytes for a UUID, so that a batch of millions can have them all. */
export interface SeenIds {
  /** Where an id was seen before; `undefined` when it was not, and it is seen now. */
  earlier(id: string, position: number): number | undefined
}

/** No ids, of a type. */
export function seenIds(type: IdType): SeenIds {
  return type === "uuid" ? new SeenUuids() : new SeenTexts()
}

class SeenTexts implements SeenIds {
  readonly #positions = new Map<string, number>()

  earlier(id: string, position: number): number | undefined {
    const first = this.#positions.get(id)
    if (first === undefined) this.#positions.set(id, position)
    return first
  }
}

// The four words of a UUID, and one more than its position: 0 is an empty slot.
const SLOT = 5

/** A hash table with open addressing. */
class SeenUuids implements SeenIds {
  #slots = new Uint32Array(1024 * SLOT)
  #count = 0

  earlier(id: string, position: number): number | undefined {
    if (this.#count * 4 > (this.#slots.length / SLOT) * 3) this.#grow()
    const words = [0, 9, 19, 28].map((start) => word(id, start))
    const slot = slotOf(this.#slots, words)
    const first = this.#slots[slot + 4] ?? 0
    if (first > 0) return first - 1
    this.#slots.set([...words, position + 1], slot)
    this.#count += 1
    return undefined
  }

  #grow(): void {
    const slots = new Uint32Array(this.#slots.length * 2)
    for (let slot = 0; slot < this.#slots.length; slot += SLOT) {
      if (this.#slots[slot + 4] === 0) continue
      const full = this.#slots.subarray(slot, slot + SLOT)
      slots.set(full, slotOf(slots, full))
    }
    this.#slots = slots
  }
}

// Eight hexadecimal digits, with the hyphen among them where there is one.
function word(id: string, start: number): number {
  const end = start + 8
  return Number.parseInt(start === 9 || start === 19 ? id.slice(start, end + 1).replace("-", "") : id.slice(start, end), 16)
}

// Another one in each process: nobody can make ids beforehand that share a slot.
const SEED = crypto.getRandomValues(new Uint32Array(1))[0] ?? 0

/** The slot that holds a UUID, or the empty one in which it belongs. */
function slotOf(slots: Uint32Array, words: ArrayLike<number>): number {
  const [a = 0, b = 0, c = 0, d = 0] = [words[0], words[1], words[2], words[3]]
  const count = slots.length / SLOT
  let index = mixed(mixed(mixed(mixed(SEED, a), b), c), d)
  for (;;) {
    index &= count - 1
    const slot = index * SLOT
    if (slots[slot + 4] === 0) return slot
    if (slots[slot] === a && slots[slot + 1] === b && slots[slot + 2] === c && slots[slot + 3] === d) return slot
    index += 1
  }
}

// A product hands the high bits of a word on to higher ones only, and the slot is read from the low ones: each product is
// folded. Ids that differ in their high bits alone would share one slot.
function mixed(hash: number, bits: number): number {
  const product = Math.imul(hash ^ bits, 0x9e3779b1)
  return product ^ (product >>> 15)
}
