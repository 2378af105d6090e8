import { isUtf8 } from 'node:buffer'

export interface DecodedText {
  text: string
  encoding: 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252'
}

/** The text of a file in UTF-8, UTF-16 of either order, or Windows-1252; null where it begins as no text does. */
export function decodeText(bytes: Uint8Array): DecodedText | null {
  const wide = utf16Of(bytes)
  if (wide === null && isBinary(bytes)) return null
  const encoding = wide ?? (isUtf8(bytes) ? 'utf-8' : 'windows-1252')
  return { text: new TextDecoder(encoding).decode(bytes), encoding }
}

const probeBytes = 4_096

/** The order of a UTF-16 text: by its mark, or by the zero half that most letters have. */
function utf16Of(bytes: Uint8Array): 'utf-16le' | 'utf-16be' | null {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le'
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be'
  const probe = bytes.subarray(0, probeBytes)
  const zeros = [0, 0]
  for (const [index, byte] of probe.entries()) if (byte === 0) zeros[index % 2] = (zeros[index % 2] ?? 0) + 1
  const [even = 0, odd = 0] = zeros
  const most = probe.length / 4
  if (odd > most && even < odd / 10) return 'utf-16le'
  return even > most && odd < even / 10 ? 'utf-16be' : null
}

/** Text has next to no control characters; a picture or a program has many. */
function isBinary(bytes: Uint8Array): boolean {
  const probe = bytes.subarray(0, probeBytes)
  const controls = probe.filter((byte) => byte < 9 || (byte > 13 && byte < 32)).length
  return controls > probe.length / 20 + 2
}
