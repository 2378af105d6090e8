import { randomBytes } from 'node:crypto'
import type { StaffCtx } from '../core/context.ts'
import { keyedDigest, sameBytes } from '../core/ids.ts'

const validMs = 10 * 60_000

/**
 * The `state` of an authorization: says which client it is for, and proves that this very session asked within ten minutes.
 * Nothing is stored; Intuit's code is good once.
 */
export function makeState(ctx: StaffCtx, clientId: string): string {
  const facts = [clientId, String(ctx.deps.now().getTime() + validMs), randomBytes(12).toString('base64url')]
  return `${facts.join('.')}.${proofOf(ctx, facts)}`
}

const proofOf = (ctx: StaffCtx, facts: string[]): string =>
  keyedDigest(ctx.deps.sessionSecret, 'books-state', ctx.firmId, ctx.actor.staffId, ctx.actor.sessionId, ...facts).toString('base64url')

/** The client of a state this session made within the last ten minutes; null for any other text. */
export function readState(ctx: StaffCtx, state: string): string | null {
  const parts = state.split('.')
  const [clientId = '', expiresAt = '', , proof = ''] = parts
  if (parts.length !== 4 || !sameBytes(Buffer.from(proof), Buffer.from(proofOf(ctx, parts.slice(0, 3))))) return null
  return Number(expiresAt) > ctx.deps.now().getTime() ? clientId : null
}
