import { clientList } from '@ledgersync/shared/client-list'
import { clients } from '@ledgersync/shared/clients'
import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { pages, query } from '../../query.ts'
import { filterOf, isFiltered, listInput, type ListSearch, type View } from './list-address.ts'

/** The pages of the list at this address. Live events alone say when they are old. */
export const listPages = (address: ListSearch) => ({ ...pages(clients.list, listInput(address)), staleTime: Number.POSITIVE_INFINITY })

/** The clients that match an address, and how many they are. */
export function useClientList(address: ListSearch) {
  const { view = 'all' } = address
  const counts = useQuery(query(clients.counts)).data
  const list = useInfiniteQuery(listPages(address))
  const rows = useMemo(() => list.data?.pages.flatMap((page) => page.items), [list.data])
  const filter = filterOf(address)
  const narrowed = isFiltered(address)
  const found = useQuery({ ...query(clientList.total, { query: filter }), enabled: narrowed, placeholderData: keepPreviousData }).data
    ?.total
  const countOf: Record<View, number | undefined> = {
    all: counts?.all,
    needs_client: counts?.needsClient,
    never_connected: counts?.neverConnected,
    to_review: counts?.toReview,
    mine: counts?.mine,
  }
  const total = narrowed ? found : countOf[view]
  return { list, rows, filter, narrowed, countOf, total }
}
