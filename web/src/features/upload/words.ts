import type { Upload, UploadRow } from '@ledgersync/shared/uploads'
import type { Tone } from '../../ui/badge.tsx'

/** How far a list is. */
export const stateWords: Record<Upload['state'], { label: string; tone: Tone }> = {
  matching: { label: 'Match the columns', tone: 'warn' },
  ready: { label: 'Checked, not added yet', tone: 'warn' },
  queued: { label: 'Adding', tone: 'moving' },
  inviting: { label: 'Inviting', tone: 'moving' },
  done: { label: 'Done', tone: 'ok' },
}

export const actionWords: Record<NonNullable<UploadRow['action']>, string> = {
  create: 'New client',
  update: 'Changes',
  nothing: 'No change',
}

export const outcomeWords: Record<NonNullable<UploadRow['outcome']>, { label: string; tone: Tone }> = {
  created: { label: 'Added', tone: 'ok' },
  updated: { label: 'Changed', tone: 'ok' },
  unchanged: { label: 'No change', tone: 'neutral' },
  skipped: { label: 'Left out', tone: 'warn' },
}

/** `1 client`, `4,990 clients`. */
export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${count.toLocaleString('en-US')} ${count === 1 ? one : many}`
