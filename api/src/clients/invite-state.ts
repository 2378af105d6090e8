import type { InviteState } from '@ledgersync/shared/client-states'

/** What of an invite decides the state that people see. */
export interface InviteFacts {
  state: Exclude<InviteState, 'expired'>
  reason: string | null
  createdAt: Date
  expiresAt: Date
  sentAt: Date | null
  deliveredAt: Date | null
  failedAt: Date | null
  openedAt: Date | null
  startedAt: Date | null
  connectedAt: Date | null
  endedAt: Date | null
}

export interface ShownInvite {
  state: InviteState
  at: Date
  reason: string | null
}

/** States that end by time alone. Nothing is written when that happens: it follows from `expiresAt`. */
const canExpire = new Set<InviteState>(['queued', 'sent', 'delivered', 'opened', 'started'])

/** How far an invite has got, and since when. */
export function shownInvite(invite: InviteFacts, now: Date): ShownInvite {
  const { state, reason, createdAt, expiresAt } = invite
  if (canExpire.has(state) && expiresAt <= now) return { state: 'expired', at: expiresAt, reason: null }
  const times: Record<typeof state, Date | null> = {
    queued: createdAt,
    sent: invite.sentAt,
    delivered: invite.deliveredAt,
    failed: invite.failedAt,
    opened: invite.openedAt,
    started: invite.startedAt,
    connected: invite.connectedAt,
    superseded: invite.endedAt,
    revoked: invite.endedAt,
  }
  return { state, at: times[state] ?? createdAt, reason: state === 'failed' ? reason : null }
}
