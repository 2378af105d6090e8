import { Button } from '@mantine/core'
import { clientList, defaultColumns } from '@ledgersync/shared/client-list'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { FileUp, Plus, Users } from 'lucide-react'
import { paths } from '../../paths.ts'
import { livePagesMax, query, queryClient } from '../../query.ts'
import { DataTable } from '../../ui/data-table.tsx'
import { formatCount } from '../../ui/money.tsx'
import { Page, PageTabs } from '../../ui/page.tsx'
import { EmptyState, ErrorState, NoResults, Notice } from '../../ui/states.tsx'
import { BulkBar } from './bulk-bar.tsx'
import { BulkProgress } from './bulk-progress.tsx'
import { ColumnsMenu } from './columns-menu.tsx'
import { type ListSearch, parseListSearch, type View, views } from './list-address.ts'
import { ClientActions, clientCard, columnsOf } from './list-cells.tsx'
import { ListFilters } from './list-filters.tsx'
import { SavedFilters } from './saved-filters.tsx'
import { listPages, useClientList } from './use-client-list.ts'
import { ticksOf, useSelection, useSelectionKeys } from './use-selection.ts'
import styles from './list-page.module.css'

/** What each view is called, and what it says when nothing is in it. */
export const viewWords: Record<View, { label: string; nothing: string; why: string }> = {
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
  const address = useSearch({ from: '/app/clients' })
  const { view = 'all', sort = 'name' } = address
  const navigate = useNavigate()
  const settings = useQuery(query(clientList.settings)).data
  const { list, rows, filter, narrowed, countOf, total } = useClientList(address)
  const selection = useSelection(JSON.stringify(filter), total ?? rows?.length ?? 0)
  const change = (changes: ListSearch, typing = false) =>
    // What is typed replaces the entry before it; every other step is one that Back takes back
    void navigate({ to: paths.clients, search: (before) => ({ ...parseListSearch({ ...before, ...changes }) }), replace: typing })
  useSelectionKeys(selection)
  const columns = columnsOf(settings?.columns ?? defaultColumns, sort, (next) => change({ sort: next }))
  return (
    <Page
      title="Clients"
      aside={countOf.all !== undefined && formatCount(countOf.all)}
      actions={<UploadLink />}
      flush
      tabs={
        <PageTabs
          label="Views"
          tabs={views.map((one) => ({
            label: viewWords[one].label,
            count: countOf[one],
            current: one === view,
            to: paths.clients,
            search: parseListSearch({ ...address, books: undefined, view: one }),
          }))}
        />
      }
      filters={
        <>
          <ListFilters address={address} onChange={change} />
          <span className={styles.filterEnd}>
            {settings && <SavedFilters filters={settings.filters} address={address} />}
            <ColumnsMenu columns={settings?.columns ?? defaultColumns} />
          </span>
        </>
      }
    >
      {address.books === 'stale' && <StaleReturn onClose={() => change({ books: undefined })} />}
      <BulkProgress />
      {list.isStale && (list.data?.pages.length ?? 0) > livePagesMax && <ChangedMeanwhile address={address} />}
      <div className={selection.count > 0 ? styles.room : undefined}>
        <DataTable
          label="Clients"
          columns={columns}
          rows={rows}
          rowKey={(row) => row.id}
          card={clientCard}
          actions={(row) => <ClientActions row={row} />}
          actionsWidth="172px"
          minWidth={narrowest(columns.length)}
          selection={ticksOf(selection)}
          error={
            list.isError &&
            !list.data && <ErrorState error={list.error} title="We could not load clients" onRetry={() => void list.refetch()} />
          }
          empty={
            narrowed ? (
              <NoMatch
                view={view}
                search={address.search}
                onClear={() => void navigate({ to: paths.clients, search: parseListSearch({ view }) })}
              />
            ) : (
              <NoClients view={view} />
            )
          }
          more={{ hasMore: list.hasNextPage, loading: list.isFetchingNextPage, load: () => void list.fetchNextPage() }}
        />
      </div>
      {selection.count > 0 && <BulkBar selection={selection} filter={filter} />}
    </Page>
  )
}

/** With more columns than the usual six and the name the table scrolls inside itself rather than crush them. */
const narrowest = (columns: number): number => 1000 + Math.max(0, columns - 7) * 120

/** A list that was scrolled far is not fetched anew under somebody's eyes. */
function ChangedMeanwhile({ address }: { address: ListSearch }) {
  return (
    <div className={styles.notice}>
      <Notice
        tone="info"
        title="This list has changed since you scrolled it"
        action={
          <Button size="sm" onClick={() => void queryClient.resetQueries({ queryKey: listPages(address).queryKey })}>
            Show it anew
          </Button>
        }
      />
    </div>
  )
}

/** The way to add many at once. */
function UploadLink() {
  return (
    <Button leftSection={<FileUp size={16} aria-hidden />} renderRoot={(props) => <Link to={paths.uploads} {...props} />}>
      Upload a list
    </Button>
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

/** Names the filters that leave nobody, and clears them. */
export function NoMatch({ view, search, onClear }: { view: View; search: string | undefined; onClear: () => void }) {
  return (
    <NoResults onClear={onClear}>
      No client
      {view !== 'all' && (
        <>
          {' '}
          in <strong>{viewWords[view].label}</strong>
        </>
      )}{' '}
      matches{' '}
      {search === undefined ? (
        'these filters'
      ) : (
        <>
          <strong>“{search}”</strong> and the filters
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
          <>
            <Button variant="filled" leftSection={<Plus size={16} aria-hidden />} onClick={add}>
              {nothing}
            </Button>
            <UploadLink />
          </>
        )
      }
    >
      {why}
    </EmptyState>
  )
}
