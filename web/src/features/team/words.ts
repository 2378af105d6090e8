import { allPermissions, type Permission, permissionWords } from '@ledgersync/shared/permissions'
import type { StaffInvite } from '@ledgersync/shared/team'
import type { Tone } from '../../ui/badge.tsx'

export const roleWords = { administrator: 'Administrator', employee: 'Employee' } as const

const short: Record<Permission, string> = { approve_many: 'Approve many', push: 'Push', undo: 'Undo', global_rules: 'Global rules' }

/** What somebody may do besides everyday work, in a few words; null when nothing. */
export function permissionsInShort(permissions: readonly Permission[]): string | null {
  if (permissions.length === allPermissions.length) return 'All bulk work'
  return permissions.length === 0 ? null : permissions.map((one) => short[one]).join(', ')
}

/** Every permission with its words, in the order people read them. */
export const permissionChoices = allPermissions.map((value) => ({ value, label: permissionWords[value] }))

/** Where an invitation stands: its end by time comes before what became of the e-mail. */
export function inviteState({ expiresAt, delivery }: StaffInvite, now = new Date()): { label: string; tone: Tone } {
  if (new Date(expiresAt) <= now) return { label: 'Expired', tone: 'warn' }
  switch (delivery) {
    case 'queued':
    case 'sending':
      return { label: 'On its way', tone: 'moving' }
    case 'sent':
      return { label: 'Sent', tone: 'neutral' }
    case 'delivered':
      return { label: 'Delivered', tone: 'neutral' }
    case 'failed':
    case 'canceled':
      return { label: 'Failed', tone: 'bad' }
    case 'unknown':
      return { label: 'Not certain', tone: 'warn' }
  }
}
