import type { Pool } from './pool.ts'
import { parsed } from './target.ts'
import type { Answer } from './wire.ts'

/** Keeps what an answer gave, for requests to come: cursors, versions, links, cookies. */
export function learn(pool: Pool, { status, headers, body }: Answer): void {
  for (const line of (headers['set-cookie'] ?? '').split('\n')) {
    const [, name, value] = /^(ledgersync[\w-]*)=([^;]+)/.exec(line) ?? []
    if (name !== undefined && value !== undefined) pool.learn(name, value)
  }
  for (const [, file = ''] of body.matchAll(/\/(?:assets|static)\/([\w.-]+)/g)) pool.learn('file', file)
  if (status < 300 && headers['content-type']?.startsWith('application/json') === true) learnValue(pool, '', parsed(body))
}

const learnedMax = 30

function learnValue(pool: Pool, name: string, value: unknown): void {
  if (typeof value === 'object' && value !== null) {
    for (const [key, member] of Object.entries(value).slice(0, learnedMax)) learnValue(pool, Array.isArray(value) ? name : key, member)
    return
  }
  if (typeof value === 'number' || (typeof value === 'string' && value.length < 600)) pool.learn(name, value)
  if (typeof value !== 'string') return
  if (name === 'id' && /^\d{1,18}$/.test(value)) pool.learn('plainId', value)
  if (name === 'nextCursor') pool.learn('cursor', value)
  const link = /\/i\/([\w-]{43})/.exec(value)?.[1]
  if (link !== undefined) pool.learn('token', link)
  const state = name === 'url' && URL.canParse(value) ? new URL(value).searchParams.get('state') : null
  if (state !== null) pool.learn('state', state)
}
