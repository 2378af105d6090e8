import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto'
import type { JWKPublicKey } from 'plaid'
import { ProviderError } from '../../core/errors.ts'
import { sameBytes, tokenHash } from '../../core/ids.ts'
import { type BankTrouble, bankTrouble, withdrawn } from './causes.ts'
import { type Visit, visitOfEvents } from './visit.ts'

const ageMaxSeconds = 5 * 60
const skewSeconds = 60
const keyLifeMs = 60 * 60_000
const refusedLifeMs = 10 * 60_000
const keysMax = 100
/** The provider uses one key for months; ids that are unknown to us are strangers' inventions but for the first. */
const lookupsPerMinuteMax = 6

interface KnownKey {
  /** Null for a key id that the provider does not know or has retired. */
  key: KeyObject | null
  until: number
}

type FetchKey = (keyId: string) => Promise<JWKPublicKey>

function parse(part: string | undefined): Record<string, unknown> | null {
  if (part === undefined) return null
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))
    // A non-null object that is no array has string keys
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null
  } catch {
    // Whatever it is, the provider did not write it
    return null
  }
}

/** A genuine webhook. */
export interface GenuineWebhook {
  body: Record<string, unknown>
  /**
   * The same for every delivery of one event, whatever a stranger who repeats it changes: a signature can be written in several
   * ways without becoming wrong, but what it signs cannot, nor its first half.
   */
  deliveryId: string
}

export type Verifier = (rawBody: Buffer, signature: string | undefined) => Promise<GenuineWebhook | null>

/**
 * Makes the verifier of webhooks (plaid.com/docs/api/webhooks/webhook-verification): an ES256 JWS over the SHA-256 of the exact
 * bytes, at most five minutes old. Keys are fetched by id and kept for an hour; unknown ids are remembered too and look-ups are
 * bounded, so that forged ids do not make us call the provider. Past the bound an unknown id is as good as a wrong one: the
 * provider delivers again.
 * The verifier throws ProviderError when the key cannot be fetched now.
 */
export function createVerifier(fetchKey: FetchKey, clock: () => number): Verifier {
  const keyOf = createKeyCache(fetchKey, clock)
  return async (rawBody, signature) => {
    const [headerPart, claimsPart, signaturePart, ...rest] = (signature ?? '').split('.')
    const header = parse(headerPart)
    if (header === null || header.alg !== 'ES256' || rest.length > 0 || signaturePart === undefined) return null
    if (typeof header.kid !== 'string' || !/^[\w-]{1,100}$/.test(header.kid)) return null
    const key = await keyOf(header.kid)
    if (key === null) return null
    const signed = `${headerPart}.${claimsPart}`
    const proof = Buffer.from(signaturePart, 'base64url')
    const genuine = verify('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' }, proof)
    const claims = genuine ? parse(claimsPart) : null
    if (claims === null || typeof claims.iat !== 'number' || typeof claims.request_body_sha256 !== 'string') return null
    const age = clock() / 1000 - claims.iat
    if (age > ageMaxSeconds || age < -skewSeconds) return null
    const digest = createHash('sha256').update(rawBody).digest()
    if (!sameBytes(digest, Buffer.from(claims.request_body_sha256, 'hex'))) return null
    const body = parse(rawBody.toString('base64url'))
    // r of (r, s): with the same r and key, only s and its negative fit
    return body === null ? null : { body, deliveryId: tokenHash(`${signed}.${proof.toString('hex', 0, 32)}`) }
  }
}

function createKeyCache(fetchKey: FetchKey, clock: () => number): (keyId: string) => Promise<KeyObject | null> {
  const known = new Map<string, KnownKey>()
  const underWay = new Map<string, Promise<KeyObject | null>>()
  let lookups: number[] = []
  const fetched = async (keyId: string): Promise<KeyObject | null> => {
    const key = await lookUp(fetchKey, keyId)
    const now = clock()
    if (known.size >= keysMax) {
      for (const [id, entry] of known) if (entry.key === null || entry.until <= now) known.delete(id)
    }
    known.set(keyId, { key, until: now + (key === null ? refusedLifeMs : keyLifeMs) })
    return key
  }
  return async (keyId) => {
    const now = clock()
    const found = known.get(keyId)
    if (found !== undefined && found.until > now) return found.key
    const waiting = underWay.get(keyId)
    if (waiting !== undefined) return waiting
    // A key that was genuine an hour ago is asked for again whatever strangers are doing
    const isStrange = found === undefined || found.key === null
    if (isStrange) {
      lookups = lookups.filter((at) => at > now - 60_000)
      if (lookups.length >= lookupsPerMinuteMax) return null
      lookups.push(now)
    }
    const lookup = fetched(keyId).finally(() => underWay.delete(keyId))
    underWay.set(keyId, lookup)
    return lookup
  }
}

async function lookUp(fetchKey: FetchKey, keyId: string): Promise<KeyObject | null> {
  try {
    const jwk = await fetchKey(keyId)
    if (jwk.expired_at !== null || jwk.kty !== 'EC' || jwk.crv !== 'P-256') return null
    return createPublicKey({ key: { kty: jwk.kty, crv: jwk.crv, x: jwk.x, y: jwk.y }, format: 'jwk' })
  } catch (error) {
    if (error instanceof ProviderError && error.outcome === 'refused' && !error.transient) return null
    throw error
  }
}

/** What a webhook tells us, in our words. It holds no token: what is stored of a webhook is this. */
export type PlaidEvent =
  | { kind: 'link_changed'; linkTokenHash: string }
  | { kind: 'visit'; linkTokenHash: string; visit: Visit }
  | { kind: 'rows_available'; itemId: string }
  | { kind: 'broken'; itemId: string; trouble: BankTrouble }
  | { kind: 'repaired'; itemId: string }
  | { kind: 'consent_ends'; itemId: string; at: string | null }
  | { kind: 'ignored' }

/** Reads a verified webhook. Types and codes that mean nothing to us are `ignored`. */
export function readPlaidWebhook(body: Record<string, unknown>): PlaidEvent {
  const { webhook_type: type, webhook_code: code, item_id: itemId, link_token: linkToken } = body
  if (type === 'LINK' && typeof linkToken === 'string') {
    const linkTokenHash = tokenHash(linkToken)
    if (code === 'SESSION_FINISHED' || code === 'ITEM_ADD_RESULT') return { kind: 'link_changed', linkTokenHash }
    return code === 'EVENTS' ? { kind: 'visit', linkTokenHash, visit: visitOfEvents(body.events) } : { kind: 'ignored' }
  }
  if (typeof itemId !== 'string' || typeof code !== 'string') return { kind: 'ignored' }
  if (type === 'TRANSACTIONS') return code === 'SYNC_UPDATES_AVAILABLE' ? { kind: 'rows_available', itemId } : { kind: 'ignored' }
  return type === 'ITEM' ? readItemEvent(code, itemId, body) : { kind: 'ignored' }
}

function readItemEvent(code: string, itemId: string, body: Record<string, unknown>): PlaidEvent {
  switch (code) {
    case 'ERROR': {
      const error = typeof body.error === 'object' && body.error !== null && 'error_code' in body.error ? body.error.error_code : null
      const trouble = bankTrouble(typeof error === 'string' ? error : null)
      return trouble === null ? { kind: 'ignored' } : { kind: 'broken', itemId, trouble }
    }
    case 'LOGIN_REPAIRED':
      return { kind: 'repaired', itemId }
    case 'PENDING_DISCONNECT':
    case 'PENDING_EXPIRATION': {
      const at = body.consent_expiration_time ?? body.disconnect_time
      return {
        kind: 'consent_ends',
        itemId,
        at: typeof at === 'string' && !Number.isNaN(Date.parse(at)) ? new Date(at).toISOString() : null,
      }
    }
    case 'USER_PERMISSION_REVOKED':
      return { kind: 'broken', itemId, trouble: withdrawn }
    default:
      return { kind: 'ignored' }
  }
}
