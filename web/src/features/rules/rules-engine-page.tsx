import { clients, type ClientRow } from '@ledgersync/shared/clients'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { ListChecks } from 'lucide-react'
import { useAddress } from '../../address.ts'
import { paths } from '../../paths.ts'
import { pages } from '../../query.ts'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { Count } from '../../ui/money.tsx'
import { Page } from '../../ui/page.tsx'
import { SearchField } from '../../ui/search-field.tsx'
import { EmptyState, ErrorState, NoResults } from '../../ui/states.tsx'

const columns: Column<ClientRow>[] = [
  { id: 'client', header: 'Client', cell: (row) => <RulesLink row={row} /> },
  { id: 'toReview', header: 'To review', width: '140px', align: 'end', cell: (row) => <Count value={row.toReview} strong /> },
]

function RulesLink({ row }: { row: ClientRow }) {
  return (
    <Link to={paths.clientRules} params={{ clientId: row.id }} title={`Rules of ${row.businessName}`}>
      {row.businessName}
    </Link>
  )
}

/** Whose rules? Each client has a list of its own, run before the firm's; this leads to them. */
export function RulesEnginePage() {
  const [{ search }, change] = useAddress(['search'] as const)
  const list = useInfiniteQuery(pages(clients.list, { query: { view: 'all', ...(search !== undefined && { search }) } }))
  return (
    <Page
      title="Rules Engine"
      aside="Choose a client to see its rules in running order."
      flush
      filters={
        <SearchField
          label="Search clients"
          placeholder="Name, e-mail or phone"
          value={search ?? ''}
          filter
          onChange={(text) => change({ search: text || undefined })}
        />
      }
    >
      <DataTable
        label="Clients and their rules"
        columns={columns}
        rows={list.data?.pages.flatMap((page) => page.items)}
        rowKey={(row) => row.id}
        card={(row) => ({
          title: <RulesLink row={row} />,
          state: row.toReview > 0 && (
            <span>
              <Count value={row.toReview} strong /> to review
            </span>
          ),
        })}
        minWidth={0}
        error={
          list.isError &&
          !list.data && <ErrorState error={list.error} title="We could not load clients" onRetry={() => void list.refetch()} />
        }
        empty={
          search === undefined ? (
            <EmptyState icon={ListChecks} title="No clients yet">
              Rules code what arrives at a client’s banks. Add a client first; its rules are then kept here.
            </EmptyState>
          ) : (
            <NoResults onClear={() => change({ search: undefined })}>
              No client matches <strong>“{search}”</strong>.
            </NoResults>
          )
        }
        more={{ hasMore: list.hasNextPage, loading: list.isFetchingNextPage, load: () => void list.fetchNextPage() }}
      />
    </Page>
  )
}
