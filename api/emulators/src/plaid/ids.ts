import { createHash } from 'node:crypto'
import type { Books } from './types.ts'

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** `length` base62 characters that follow from `text` alone. */
export function base62(text: string, length: number): string {
  let out = ''
  for (let block = 0; out.length < length; block++) {
    for (const byte of createHash('sha256').update(`${block}:${text}`).digest()) out += alphabet[byte % 62] ?? ''
  }
  return out.slice(0, length)
}

/** A new opaque id in Plaid's manner: 37 base62 characters unless told otherwise. Unique within and between books. */
export function newId(books: Books, length = 37): string {
  books.idCount += 1
  return base62(`${books.idSeed}:${books.idCount}`, length)
}

/** A new token such as `access-sandbox-<uuid>`. */
export function newToken(books: Books, kind: 'access' | 'public' | 'link'): string {
  books.idCount += 1
  const hex = createHash('sha256').update(`${kind}:${books.idSeed}:${books.idCount}`).digest('hex')
  return `${kind}-sandbox-${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
