import { InvalidRecordError, RecordsError } from "../errors.ts"
import { type JsonPointer, pointerText } from "../json/json-pointer.ts"

/** What reading a value of the caller's gives: a getter may throw anything. @throws InvalidRecordError with that as the cause. */
export function readable<T>(pointer: JsonPointer, read: () => T): T {
  try {
    return read()
  } catch (cause) {
    if (cause instanceof RecordsError) throw cause
    throw new InvalidRecordError(pointerText(pointer), "it threw an error when it was read, which is the cause", { cause })
  }
}
