import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { v7 } from 'uuid'

/** A new id: UUID v7, so that ids sort by when they were made. */
export function newId(): string {
  return v7()
}

/** A bound below every id made less than `ms` before this one. UUID v7 begins with 48 bits of Unix milliseconds (RFC 9562). */
export function idsBefore(id: string, ms: number): string {
  const at = Math.max(0, Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16) - ms)
  const hex = at.toString(16).padStart(12, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`
}

/** 256 random bits as 43 url-safe characters: a link, a claim, a verification address. */
export function newToken(): string {
  return randomBytes(32).toString('base64url')
}

/** SHA-256 of a token, hex: what is kept and looked up in place of it. */
export function tokenHash(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}

/** HMAC-SHA256 of values under a purpose, so that one secret serves several uses without mixing them. */
export function keyedDigest(secret: Buffer, purpose: string, ...values: string[]): Buffer {
  return createHmac('sha256', secret)
    .update(JSON.stringify([purpose, ...values]))
    .digest()
}

/** Compares in constant time; different lengths are unequal. */
export function sameBytes(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b)
}
