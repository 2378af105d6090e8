import { createHash, createPrivateKey, sign } from 'node:crypto'
import { createStop } from '../kit/pause.ts'
import type { Courier, Delivery, RetryPolicy } from '../kit/webhook.ts'
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

/** Plaid wants a 200 within 10 s and tries again for a day, four times as late each time from 30 s on; here the first of these, a hundred times as fast. */
const retries: RetryPolicy = { waitsMs: [300, 1200, 4800], timeoutMs: 10_000, isFinal: (status) => status === 200 }

export interface WebhookParts {
  /** Asked at each delivery, for a reset changes the key. */
  books(): Books
  now(): Date
  courier: Courier
  waitsMs?: readonly number[] | undefined
}

export function createWebhooks({ books, now, courier, waitsMs = retries.waitsMs }: WebhookParts): Webhooks {
  const running = new Set<Promise<void>>()
  const stopped = createStop()
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
      const how = { fate: courier.draw(`${String(body.webhook_type)}/${String(body.webhook_code)}`), signal: stopped.signal }
      const run = courier
        .deliver({ url, body: bytes, headers, signedBy: 'plaid-verification' }, { ...retries, waitsMs }, how)
        .then((delivery) => {
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
