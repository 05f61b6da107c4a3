/**
 * An id for a record that is given none: a UUID of version 7, whose first digits are the time. Ids of one process grow,
 * also those of one millisecond, so that records lie in the index, and in a search without a sort, in the order of their
 * creation.
 *
 * @see RFC 9562, 5.7, and 6.2 method 1
 */
export function newId(): string {
  const now = Date.now()
  if (now > millisecond) enter(now)
  // The clock stands still or has been set back.
  else if (count < MOST) count += 1
  else enter(millisecond + 1)
  writeCount()
  writeRandom()
  return written.toString("latin1")
}

const LENGTH = 36
// Where an id has its counter, its variant with the first random bits, and the rest of them.
const COUNT = 15
const VARIANT = 19
const RANDOM = 24

// A string that is put together from others holds on to all of them, which are three times its size: a batch keeps millions.
const written = Buffer.from("00000000-0000-7000-8000-000000000000", "latin1")
const DIGITS = Buffer.from("0123456789abcdef", "latin1")

const MOST = 0xfff

let millisecond = 0
let count = 0

function enter(next: number): void {
  const time = next.toString(16).padStart(12, "0")
  millisecond = next
  count = 0
  written.write(`${time.slice(0, 8)}-${time.slice(8)}`, 0, "latin1")
}

function writeCount(): void {
  written[COUNT] = digit(count >> 8)
  written[COUNT + 1] = digit(count >> 4)
  written[COUNT + 2] = digit(count)
}

// To ask the system for the random bytes of each id would take longer than all else that is done for a small record.
const random = new Uint8Array(8192)
let used = random.length

function writeRandom(): void {
  if (used === random.length) {
    crypto.getRandomValues(random)
    used = 0
  }
  const first = next()
  // The variant of RFC 9562: binary 10.
  written[VARIANT] = digit(0b1000 | ((first >> 4) & 0b11))
  written[VARIANT + 1] = digit(first)
  writeByte(VARIANT + 2, next())
  for (let place = RANDOM; place < LENGTH; place += 2) writeByte(place, next())
}

function next(): number {
  used += 1
  return random[used - 1] ?? 0
}

function writeByte(place: number, byte: number): void {
  written[place] = digit(byte >> 4)
  written[place + 1] = digit(byte)
}

function digit(number: number): number {
  return DIGITS[number & 0xf] ?? 0
}
