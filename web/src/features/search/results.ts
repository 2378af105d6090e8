import type { Role } from '@ledgersync/shared/auth'
import type { Health } from '@ledgersync/shared/client-states'
import type { Found } from '@ledgersync/shared/search'
import type { LinkProps } from '@tanstack/react-router'
import { paths } from '../../paths.ts'

/** One line of the search: where it leads, or what it does. */
export interface Result {
  id: string
  group: 'Pages' | 'Clients' | 'Banks' | 'Staff'
  label: string
  detail?: string
  health?: Health
  go: { to: NonNullable<LinkProps['to']>; params?: object; search?: object } | 'addClient'
}

const places: readonly Result[] = (
  [
    ['Dashboard', paths.dashboard],
    ['Clients', paths.clients],
    ['Groups', paths.groups],
    ['Communication Center', paths.communication],
    ['Reconnect and Add New Banks', paths.outreach],
    ['Bank Connections', paths.connections],
    ['Review', paths.review],
    ['Rules Engine', paths.rules],
    ['Sync Status', paths.syncStatus],
    ['Team', paths.team],
    ['Account and sessions', paths.account],
  ] as const
).map(([label, to]) => ({ id: `page${to.replaceAll('/', '-')}`, group: 'Pages', label, go: { to } }))
const ofAdministrators: readonly Result[] = (
  [
    ['Audit log', paths.auditLog],
    ['Settings', paths.settings],
  ] as const
).map(([label, to]) => ({ id: `page${to.replaceAll('/', '-')}`, group: 'Pages', label, go: { to } }))
const addClient: Result = { id: 'add-client', group: 'Pages', label: 'Add Client', detail: 'C', go: 'addClient' }

/** Pages and commands whose name has every word; all of them while nothing is typed. */
export function pagesFor(words: string, role: Role): Result[] {
  const wanted = words.toLowerCase().split(/\s+/)
  return [addClient, ...places, ...(role === 'administrator' ? ofAdministrators : [])].filter(({ label }) =>
    wanted.every((word) => label.toLowerCase().includes(word)),
  )
}

/** What the API found, as lines. */
export function linesOf({ clients, banks, staff }: Found): Result[] {
  return [
    ...clients.map(
      ({ id, businessName, contactName, health }): Result => ({
        id: `client-${id}`,
        group: 'Clients',
        label: businessName,
        detail: contactName,
        health,
        go: { to: paths.client, params: { clientId: id } },
      }),
    ),
    ...banks.map(
      ({ name, connections }): Result => ({
        id: `bank-${name.replaceAll(/\W/g, '-')}`,
        group: 'Banks',
        label: name,
        detail: connections === 1 ? '1 connection' : `${connections} connections`,
        go: { to: paths.connections, search: { search: name } },
      }),
    ),
    ...staff.map(
      ({ id, name, email }): Result => ({
        id: `staff-${id}`,
        group: 'Staff',
        label: name,
        detail: email,
        go: { to: paths.clients, search: { staff: id } },
      }),
    ),
  ]
}
