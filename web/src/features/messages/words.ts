import type { Message, MessageState } from '@ledgersync/shared/messages'
import type { Tone } from '../../ui/badge.tsx'
import { formatDateTime } from '../../ui/time.ts'

/** How a message goes. */
export const channelWords: Record<Message['channel'], string> = { sms: 'Text', email: 'E-mail' }

/** The word and the tone of each state; `unknown` wants a person, for it may or may not have arrived. */
export const stateWords: Record<MessageState, { label: string; tone: Tone }> = {
  queued: { label: 'Queued', tone: 'neutral' },
  sending: { label: 'Sending', tone: 'moving' },
  sent: { label: 'Sent', tone: 'neutral' },
  delivered: { label: 'Delivered', tone: 'ok' },
  failed: { label: 'Failed', tone: 'bad' },
  unknown: { label: 'Unknown', tone: 'warn' },
  canceled: { label: 'Canceled', tone: 'neutral' },
}

/** `goes at 8:00 AM` for a message that waits for the client's day; null for all others. */
export function waitWords({ state, notBefore }: Pick<Message, 'state' | 'notBefore'>): string | null {
  return state === 'queued' && notBefore !== null && Date.parse(notBefore) > Date.now() ? `goes at ${formatDateTime(notBefore)}` : null
}
