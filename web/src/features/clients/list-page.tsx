import { Button } from '@mantine/core'
import { clients } from '@ledgersync/shared/clients'
import type { Input } from '@ledgersync/shared/endpoint'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { Plus, Users } from 'lucide-react'
import { paths } from '../../paths.ts'
import { pages, query } from '../../query.ts'
import { DataTable } from '../../ui/data-table.tsx'
import { formatCount } from '../../ui/money.tsx'
import { Page, PageTabs } from '../../ui/page.tsx'
import { SearchField } from '../../ui/search-field.tsx'
import { EmptyState, ErrorState, NoResults, Notice } from '../../ui/states.tsx'
import { GroupFilter, groupQuery } from '../groups/group-filter.tsx'
import styles from './list-page.module.css'
import { ClientActions, clientCard, clientColumns } from './list-cells.tsx'

const views = ['all', 'needs_client', 'never_connected', 'to_review', 'mine'] as const
type View = (typeof views)[number]

/** What the address of the list holds; `all` and an empty search are left out. */
export interface ListSearch {
  view?: View | undefined
  search?: string | undefined
  /** A group's id, or `none`. */
  group?: string | undefined
  /** `stale` after a return from Intuit that no session here asked for. */
  books?: 'stale' | undefined
}

/** Keeps what the list understands of an address somebody may have typed. */
export function parseListSearch(raw: Record<string, unknown>): ListSearch {
  const view = views.find((one) => one === raw.view)
  const search = typeof raw.search === 'string' || typeof raw.search === 'number' ? String(raw.search).trim().slice(0, 100) : ''
  const stale = raw.books === 'stale' ? { books: 'stale' as const } : {}
  const { groupId: group } = groupQuery(typeof raw.group === 'string' ? raw.group : undefined)
  return {
    ...stale,
    ...(group !== undefined && { group }),
    ...(view !== undefined && view !== 'all' && { view }),
    ...(search !== '' && { search }),
  }
}

/** The list's question to the API, the same for the page and for its loader. */
export function listInput({ view, search, group }: ListSearch): Input<typeof clients.list> {
  return { query: { view: view ?? 'all', ...groupQuery(group), ...(search !== undefined && { search }) } }
}

const viewWords: Record<View, { label: string; nothing: string; why: string }> = {
  all: {
    label: 'All',
    nothing: 'Add your first client',
    why: 'We text or e-mail them a link; they sign in at their own bank, and transactions arrive here.',
  },
  needs_client: {
    label: 'Needs the client',
    nothing: 'No bank needs a client',
    why: 'When a bank asks for a new sign-in, the client appears here.',
  },
  never_connected: { label: 'Never connected', nothing: 'Every client has connected a bank', why: 'Clients without a bank appear here.' },
  to_review: { label: 'To review', nothing: 'Nothing to review', why: 'Clients with transactions that no rule could decide appear here.' },
  mine: { label: 'Mine', nothing: 'No client is assigned to you', why: 'An administrator assigns clients in their settings.' },
}

/** All clients: who needs something today. */
export function ClientListPage() {
  const { view = 'all', search, group, books } = useSearch({ from: '/app/clients' })
  const navigate = useNavigate()
  const counts = useQuery(query(clients.counts)).data
  const list = useInfiniteQuery(pages(clients.list, listInput({ view, search, group })))
  const change = (next: ListSearch) => void navigate({ to: paths.clients, search: next, replace: true })
  const countOf: Record<View, number | undefined> = {
    all: counts?.all,
    needs_client: counts?.needsClient,
    never_connected: counts?.neverConnected,
    to_review: counts?.toReview,
    mine: counts?.mine,
  }
  return (
    <Page
      title="Clients"
      aside={counts && formatCount(counts.all)}
      flush
      tabs={
        <PageTabs
          label="Views"
          tabs={views.map((one) => ({
            label: viewWords[one].label,
            count: countOf[one],
            current: one === view,
            to: paths.clients,
            search: parseListSearch({ view: one, search, group }),
          }))}
        />
      }
      filters={
        <>
          <SearchField
            label="Search clients"
            placeholder="Name, e-mail or phone"
            value={search ?? ''}
            filter
            onChange={(text) => change(parseListSearch({ view, group, search: text }))}
          />
          <GroupFilter value={group} onChange={(chosen) => change(parseListSearch({ view, search, group: chosen }))} />
        </>
      }
    >
      {books === 'stale' && <StaleReturn onClose={() => change(parseListSearch({ view, search, group }))} />}
      <DataTable
        label="Clients"
        columns={clientColumns}
        rows={list.data?.pages.flatMap((page) => page.items)}
        rowKey={(row) => row.id}
        card={clientCard}
        actions={(row) => <ClientActions row={row} />}
        actionsWidth="180px"
        minWidth={1000}
        error={
          list.isError &&
          !list.data && <ErrorState error={list.error} title="We could not load clients" onRetry={() => void list.refetch()} />
        }
        empty={
          search === undefined && group === undefined ? (
            <NoClients view={view} />
          ) : (
            <NoMatch view={view} search={search} inGroup={group !== undefined} onClear={() => change(parseListSearch({ view }))} />
          )
        }
        more={{ hasMore: list.hasNextPage, loading: list.isFetchingNextPage, load: () => void list.fetchNextPage() }}
      />
    </Page>
  )
}

/** Told here because the way back from Intuit named no client. */
function StaleReturn({ onClose }: { onClose: () => void }) {
  return (
    <div className={styles.notice}>
      <Notice
        tone="warn"
        title="QuickBooks was not connected"
        action={
          <Button size="sm" onClick={onClose}>
            Dismiss
          </Button>
        }
      >
        The request ran out, or began in another session. Open the client and press Connect QuickBooks under Mapping to begin again.
      </Notice>
    </div>
  )
}

function NoMatch({ view, search, inGroup, onClear }: { view: View; search: string | undefined; inGroup: boolean; onClear: () => void }) {
  return (
    <NoResults onClear={onClear}>
      No client
      {view !== 'all' && (
        <>
          {' '}
          in <strong>{viewWords[view].label}</strong>
        </>
      )}
      {inGroup && ' of this group'}
      {search === undefined ? (
        ' is here'
      ) : (
        <>
          {' '}
          matches <strong>“{search}”</strong>
        </>
      )}
      .
    </NoResults>
  )
}

function NoClients({ view }: { view: View }) {
  const navigate = useNavigate()
  const { nothing, why } = viewWords[view]
  const add = () => void navigate({ to: '.', search: (before) => ({ ...before, add: 'client' as const }) })
  return (
    <EmptyState
      icon={Users}
      title={view === 'all' ? 'No clients yet' : nothing}
      actions={
        view === 'all' && (
          <Button variant="filled" leftSection={<Plus size={16} aria-hidden />} onClick={add}>
            {nothing}
          </Button>
        )
      }
    >
      {why}
    </EmptyState>
  )
}
