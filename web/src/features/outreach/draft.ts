import type { ClientFilter } from '@ledgersync/shared/client-filter'
import type { Institution } from '@ledgersync/shared/clients'
import type { OutreachRequest } from '@ledgersync/shared/outreach'
import { addressOfFilter, type ListSearch, parseListSearch } from '../clients/list-address.ts'
import type { Selection } from '../clients/use-selection.ts'

export const steps = ['clients', 'banks', 'template', 'preview', 'sent'] as const
export type Step = (typeof steps)[number]

/** What the address of the wizard holds: the step, the list's filters at the first one, and the run at the last. */
export interface OutreachAddress extends ListSearch {
  step?: Step | undefined
  run?: string | undefined
}

const idPattern = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** Keeps what the wizard understands of an address somebody may have typed. */
export function parseOutreach(raw: Record<string, unknown>): OutreachAddress {
  const step = steps.find((known) => known === raw.step)
  const run = typeof raw.run === 'string' && idPattern.test(raw.run) ? raw.run : undefined
  return {
    ...parseListSearch(raw),
    ...(step !== undefined && step !== 'clients' && { step }),
    ...(run !== undefined && { run }),
  }
}

/** Who is chosen: by name, or all that match a filter but some. */
type Picked = { clientIds: string[] } | { filter: ClientFilter; exceptIds: string[] }

/** What somebody has chosen so far. Each entry of the browser's history keeps it, so that Back and a reload lose nothing. */
export interface Draft {
  /** Of this shape; what an older page left behind is not understood. */
  version: 1
  picked: Picked | null
  /** How many clients that was. */
  count: number
  /** The list they were chosen from. */
  address: ListSearch
  /** Null until it is chosen. */
  about: 'broken' | 'banks' | null
  banks: Institution[]
  channel: OutreachRequest['channel']
  templateIds: string[]
  insteadIds: string[]
}

declare module '@tanstack/react-router' {
  interface HistoryState {
    outreach?: Draft
  }
}

export const emptyDraft: Draft = {
  version: 1,
  picked: null,
  count: 0,
  address: {},
  about: null,
  banks: [],
  channel: 'sms',
  templateIds: [],
  insteadIds: [],
}

/** What an entry of the history kept, or nothing chosen. */
export const draftOf = (kept: Draft | undefined): Draft => (kept?.version === 1 ? kept : emptyDraft)

/** A draft that begins with the ticked rows of a list of clients. */
export function draftOfSelection({ chosen, count }: Selection, filter: ClientFilter): Draft {
  const { all, clientIds = [], exceptIds = [] } = chosen
  return { ...emptyDraft, picked: all ? { filter, exceptIds } : { clientIds }, count, address: addressOfFilter(filter) }
}

/** A draft about the broken connections of all clients that match. */
export const draftOfBroken = (filter: ClientFilter): Draft => ({
  ...emptyDraft,
  picked: { filter, exceptIds: [] },
  address: addressOfFilter(filter),
  about: 'broken',
})

/** The draft as the API takes it; nobody is chosen in one that is not there yet. */
export function requestOf({ picked, about, banks, channel, templateIds, insteadIds }: Draft): OutreachRequest {
  const asked = banks.map(({ institutionId, name, routingNumber }) => ({ institutionId, name, routingNumber }))
  return { ...(picked ?? { filter: {} }), channel, banks: about === 'banks' ? asked : [], templateIds, insteadIds }
}

/** The step that can be shown: one whose choices before are missing leads to the first that is. */
export function reachable(step: Step, { picked, about, banks }: Draft): Step {
  if (step === 'sent' || step === 'clients') return step
  if (picked === null) return 'clients'
  return step !== 'banks' && (about === null || (about === 'banks' && banks.length === 0)) ? 'banks' : step
}
