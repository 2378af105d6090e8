import { type Static, Type } from 'typebox'

/** State of a client's current invite, as lists show it. `none`: never invited. `not_needed`: staff hold the bank login. */
export const InviteState = Type.Enum(
  ['queued', 'sent', 'delivered', 'failed', 'opened', 'started', 'connected', 'expired', 'superseded', 'revoked'],
  { description: 'How far the invite has got; states only move forward' },
)
export type InviteState = Static<typeof InviteState>

/**
 * Worst health over a client's connections: healthy · needs the client · bank down · syncing · disconnected · no banks yet.
 */
export const Health = Type.Enum(['healthy', 'needs_client', 'bank_down', 'syncing', 'disconnected', 'none'], {
  description: 'Health of the bank connections; `none` when there is no bank yet',
})
export type Health = Static<typeof Health>

export const BooksState = Type.Enum(['connected', 'reconnect', 'none'], { description: 'Link to QuickBooks Online' })
export type BooksState = Static<typeof BooksState>
