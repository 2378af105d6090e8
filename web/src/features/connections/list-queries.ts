import { connections, HealthFilter } from '@ledgersync/shared/connections'
import type { Address } from '../../address.ts'
import { pages, query } from '../../query.ts'
import { choiceNames, choiceQuery } from '../groups/client-choice.tsx'

/** What the address of Bank Connections holds. */
export const connectionNames = ['health', 'search', ...choiceNames] as const
export type ConnectionAddress = Address<(typeof connectionNames)[number]>

/** The health of the address, when it is one. */
export const healthOf = ({ health }: ConnectionAddress): HealthFilter | undefined => HealthFilter.enum.find((one) => one === health)

const chosen = ({ search, ...address }: ConnectionAddress) => ({ ...choiceQuery(address), ...(search !== undefined && { search }) })

/** The connections of this address, a page at a time. */
export function connectionPages(address: ConnectionAddress) {
  const health = healthOf(address)
  return pages(connections.list, { query: { limit: 100, ...chosen(address), ...(health !== undefined && { health }) } })
}

/** How many of them have each health. */
export const connectionCounts = (address: ConnectionAddress) => query(connections.counts, { query: chosen(address) })
