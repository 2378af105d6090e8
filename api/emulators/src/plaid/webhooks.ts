import { createHash, createPrivateKey, sign } from 'node:crypto'
import { deliver, type Delivery } from '../kit/webhook.ts'
import type { Books } from './types.ts'

/** Signs and delivers Plaid's webhooks, and knows when none is under way any more. */
export interface Webhooks {
  /** Starts a delivery; a null address means that nobody asked for webhooks. */
  send(url: string | null, body: Record<string, unknown>): void
  /** Resolves once every delivery has been taken or given up, those started meanwhile included. */
  settled(): Promise<void>
  /** What came of each, oldest first; the latest 1,000. */
  deliveries(): (Delivery & { webhook: Record<string, unknown> })[]
  clear(): void
  /** Gives up what is still waiting for another try. */
  stop(): void
}

const keptMax = 1000

function base64url(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

/**
 * The `Plaid-Verification` header for these exact bytes: a compact ES256 JWS whose claims are `iat` and `request_body_sha256`
 * (plaid.com/docs/api/webhooks/webhook-verification).
 */
export function signWebhook(key: Books['signingKey'], body: Buffer, now: Date): string {
  const header = base64url({ alg: 'ES256', kid: key.kid, typ: 'JWT' })
  const claims = base64url({ iat: Math.floor(now.getTime() / 1000), request_body_sha256: createHash('sha256').update(body).digest('hex') })
  const signature = sign('sha256', Buffer.from(`${header}.${claims}`), {
    key: createPrivateKey({ key: key.jwk, format: 'jwk' }),
    dsaEncoding: 'ieee-p1363',
  })
  return `${header}.${claims}.${signature.toString('base64url')}`
}

/** Plaid waits 10 s for an answer and tries again for a day; here it is four tries within some six seconds. */
const retries = { attemptsMax: 4, firstWaitMs: 300, timeoutMs: 10_000 }

/** Makes the sender; `books` is asked at each delivery, for a reset changes the key. */
export function createWebhooks(books: () => Books, now: () => Date): Webhooks {
  const running = new Set<Promise<void>>()
  const stopped = new AbortController()
  let done: (Delivery & { webhook: Record<string, unknown> })[] = []
  return {
    send(url, body) {
      if (url === null || stopped.signal.aborted) return
      const bytes = Buffer.from(JSON.stringify(body, null, 2))
      const headers = {
        'content-type': 'application/json',
        'plaid-verification': signWebhook(books().signingKey, bytes, now()),
        'user-agent': 'Plaid-Webhooks',
      }
      const run = deliver(url, bytes, headers, { ...retries, signal: stopped.signal }).then((delivery) => {
        done.push({ ...delivery, webhook: body })
        if (done.length > keptMax) done = done.slice(-keptMax / 2)
        running.delete(run)
      })
      running.add(run)
    },
    async settled() {
      while (running.size > 0) await Promise.all(running)
    },
    deliveries: () => [...done],
    clear() {
      done = []
    },
    stop: () => stopped.abort(),
  }
}
