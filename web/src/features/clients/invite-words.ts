import type { InviteState } from '@ledgersync/shared/client-states'
import type { ClientRow } from '@ledgersync/shared/clients'
import type { Tone } from '../../ui/badge.tsx'

/** The word and the tone of each state of an invite. Grey is normal, blue is moving, amber wants a person, red failed. */
export const inviteWords: Record<InviteState, { label: string; tone: Tone }> = {
  queued: { label: 'Queued', tone: 'neutral' },
  sent: { label: 'Sent', tone: 'neutral' },
  delivered: { label: 'Delivered', tone: 'neutral' },
  failed: { label: 'Failed', tone: 'bad' },
  opened: { label: 'Opened', tone: 'moving' },
  started: { label: 'Started', tone: 'moving' },
  connected: { label: 'Connected', tone: 'neutral' },
  expired: { label: 'Expired', tone: 'warn' },
  superseded: { label: 'Replaced', tone: 'neutral' },
  revoked: { label: 'Revoked', tone: 'neutral' },
}

/** An E.164 number as staff read it: `(503) 555-0142` in North America, otherwise as it is. */
export function formatPhone(phone: string): string {
  const parts = /^\+1(\d{3})(\d{3})(\d{4})$/.exec(phone)
  return parts === null ? phone : `(${parts[1]}) ${parts[2]}-${parts[3]}`
}

/** Why a client cannot be invited by each way now; `null` where the way is open. */
export interface ClosedWays {
  email: string | null
  sms: string | null
  both: string | null
  copy: string | null
}

/** What stands in the way of inviting a client. `verified`: whether the sender's own e-mail is. */
export function closedWays(client: Pick<ClientRow, 'email' | 'phone' | 'textOptedOut' | 'locked'>, verified: boolean): ClosedWays {
  if (client.locked) {
    const reason = 'Locked: unlock the client first'
    return { email: reason, sms: reason, both: reason, copy: reason }
  }
  if (!verified) {
    const reason = 'Verify your own e-mail first'
    return { email: reason, sms: reason, both: reason, copy: reason }
  }
  const email = client.email === null ? 'No e-mail address yet' : null
  const sms = client.phone === null ? 'No cell phone yet' : client.textOptedOut ? 'This phone has replied STOP' : null
  return { email, sms, both: email ?? sms, copy: null }
}
