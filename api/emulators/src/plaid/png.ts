import { crc32, deflateSync } from 'node:zlib'

/** Whether the point (0..1, 0..1) belongs to the mark. */
export type Mark = (x: number, y: number) => boolean

const size = 152
const samples = 3

/**
 * A real 152 x 152 PNG, the size Plaid's institution logos have: a round plate of `colour` with a white mark on it.
 * `colour` is `#rrggbb`.
 */
export function logoPng(colour: string, mark: Mark): Buffer {
  const plate = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16))
  const rows: Buffer[] = []
  for (let y = 0; y < size; y++) {
    const row = Buffer.alloc(1 + size * 4)
    for (let x = 0; x < size; x++) row.set(pixel(x, y, plate, mark), 1 + x * 4)
    rows.push(row)
  }
  const header = Buffer.alloc(13)
  header.writeUInt32BE(size, 0)
  header.writeUInt32BE(size, 4)
  // 8 bits a channel, RGBA
  header.set([8, 6, 0, 0, 0], 8)
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', deflateSync(Buffer.concat(rows))), chunk('IEND', Buffer.alloc(0))])
}

function pixel(x: number, y: number, plate: number[], mark: Mark): number[] {
  let inside = 0
  let white = 0
  for (let sample = 0; sample < samples * samples; sample++) {
    const px = (x + ((sample % samples) + 0.5) / samples) / size
    const py = (y + (Math.floor(sample / samples) + 0.5) / samples) / size
    if (Math.hypot(px - 0.5, py - 0.5) > 0.5) continue
    inside += 1
    if (mark(px, py)) white += 1
  }
  const share = inside === 0 ? 0 : white / inside
  return [...plate.map((part) => Math.round(part + (255 - part) * share)), Math.round((255 * inside) / (samples * samples))]
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const length = Buffer.alloc(4)
  length.writeUInt32BE(data.length)
  const sum = Buffer.alloc(4)
  sum.writeUInt32BE(crc32(body) >>> 0)
  return Buffer.concat([length, body, sum])
}
