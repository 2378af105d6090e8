import { createHash } from 'node:crypto'

/** A number in [0, 1) that follows from the text alone. */
export function chance(text: string): number {
  return createHash('sha256').update(text).digest().readUInt32BE(0) / 0x1_0000_0000
}
