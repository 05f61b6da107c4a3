/** The text of bytes, without a byte order mark; or the text before the first byte that is no UTF-8. */
export type Utf8Text = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly before: string }

/** Reads bytes as UTF-8. */
export function utf8Text(bytes: Uint8Array): Utf8Text {
  try {
    return { ok: true, text: new TextDecoder("utf-8", { fatal: true }).decode(bytes) }
  } catch {
    return { ok: false, before: textBeforeFault(bytes) }
  }
}

const REPLACEMENT = "\ufffd"

// A decoder that is not strict writes U+FFFD for what it cannot read; the file may also hold that character itself.
function textBeforeFault(bytes: Uint8Array): string {
  const withMark = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes)
  let byte = 0
  let from = 0
  for (let at = withMark.indexOf(REPLACEMENT); at !== -1; at = withMark.indexOf(REPLACEMENT, from)) {
    byte += Buffer.byteLength(withMark.slice(from, at))
    if (!isReplacement(bytes.subarray(byte, byte + 3))) return withMark.slice(0, at).replace(/^\ufeff/, "")
    byte += 3
    from = at + 1
  }
  return withMark
}

function isReplacement([first, second, third]: Uint8Array): boolean {
  return first === 0xef && second === 0xbf && third === 0xbd
}
