import { Button, Drawer } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { review } from '@ledgersync/shared/review'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { useAddress } from '../../address.ts'
import { paths } from '../../paths.ts'
import { query } from '../../query.ts'
import { formatCount } from '../../ui/money.tsx'
import { PageTabs } from '../../ui/page.tsx'
import { pageTitle } from '../../ui/page-title.ts'
import { SearchField } from '../../ui/search-field.tsx'
import { EmptyState, ErrorState, NoResults, SkeletonRows } from '../../ui/states.tsx'
import { AccountFilter, ClientFilter, DateFilter, filterNames } from '../transactions/filters.tsx'
import { ReviewBar } from './review-bar.tsx'
import { ReviewCards } from './review-cards.tsx'
import { ReviewGrid } from './review-grid.tsx'
import page from './review-page.module.css'
import styles from './review.module.css'
import { useGrid } from './use-grid.ts'
import { useReviewActions } from './use-review-actions.ts'
import { useReviewRows, type View } from './use-review-rows.ts'
import { WhyPanel } from './why-panel.tsx'

const addressNames = [...filterNames, 'view'] as const
const views = [
  { view: 'all', label: 'All', count: 'all' },
  { view: 'matched', label: 'Ready', count: 'matched' },
  { view: 'needs_review', label: 'Needs review', count: 'needsReview' },
  { view: 'blocked', label: 'Blocked', count: 'blocked' },
  { view: 'approved', label: 'Approved', count: 'approved' },
] as const

/** One queue over all clients: a grid to work in, and beside it why each row is coded as it is. */
export function ReviewPage() {
  const [address, change] = useAddress(addressNames)
  const view: View = views.find((each) => each.view === address.view)?.view ?? 'all'
  const { view: _view, ...filters } = address
  const { rows, list, waiting, showWaiting, keep, release } = useReviewRows(view, filters)
  const actions = useReviewActions({ keep, release })
  const grid = useGrid(rows ?? [], actions)
  const counts = useQuery(query(review.counts, { query: filters.client === undefined ? {} : { clientId: filters.client } })).data
  const narrow = useMediaQuery('(max-width: 600px)', false, { getInitialValueInEffect: false })
  const wide = useMediaQuery('(min-width: 1200px)', true, { getInitialValueInEffect: false })
  const [why, setWhy] = useState(false)
  useEffect(() => {
    document.title = 'Review · Ledgersync'
    pageTitle.set('Review')
  }, [])
  useWhyKey(() => setWhy((shown) => !shown))
  const more = { hasMore: list.hasNextPage, loading: list.isFetchingNextPage, load: () => void list.fetchNextPage() }
  const clear = () => change({ client: undefined, account: undefined, from: undefined, to: undefined, search: undefined })
  const filtered = Object.values(filters).some((value) => value !== undefined)
  const panel = <WhyPanel row={grid.row} onUnapprove={(row) => void actions.unapprove([row.id])} />
  return (
    <div className={page.page}>
      <header className={page.header}>
        <div className={page.titleRow}>
          <h1>Review</h1>
          {counts && (
            <span className={page.quiet}>
              {formatCount(counts.all)} in {formatCount(counts.clients)} {counts.clients === 1 ? 'client' : 'clients'}
            </span>
          )}
          <div className={page.filters}>
            <ClientFilter filters={filters} onChange={change} />
            <AccountFilter clientId={filters.client} value={filters.account} onChange={change} />
            <DateFilter filters={filters} onChange={change} />
            <SearchField
              label="Filter rows"
              placeholder="Filter rows"
              value={filters.search ?? ''}
              onChange={(search) => change({ search: search || undefined })}
              filter
            />
          </div>
        </div>
        <PageTabs
          label="Views"
          tabs={views.map((each) => ({
            label: each.label,
            count: counts?.[each.count],
            current: each.view === view,
            to: paths.review,
            search: { ...filters, ...(each.view !== 'all' && { view: each.view }) },
          }))}
        />
      </header>
      {waiting > 0 && (
        <button type="button" className={styles.waiting} onClick={showWaiting}>
          {formatCount(waiting)} new {waiting === 1 ? 'row' : 'rows'}
        </button>
      )}
      <div className={styles.layout}>
        <div className={styles.work}>
          {list.isError && rows === undefined ? (
            <div className={styles.outside}>
              <ErrorState error={list.error} title="We could not load the queue" onRetry={() => void list.refetch()} />
            </div>
          ) : rows === undefined ? (
            <SkeletonRows height={32} rows={16} />
          ) : rows.length === 0 ? (
            <Nothing view={view} filtered={filtered} onClear={clear} />
          ) : narrow ? (
            <ReviewCards rows={rows} actions={actions} more={more} />
          ) : (
            <ReviewGrid rows={rows} grid={grid} actions={actions} more={more} />
          )}
          <ReviewBar grid={grid} actions={actions} counts={counts} clientId={filters.client} />
        </div>
        {wide && rows !== undefined && rows.length > 0 && (
          <aside className={styles.panel} aria-label="Why this row is coded so">
            {panel}
          </aside>
        )}
      </div>
      {!wide && (
        <Drawer
          opened={why}
          onClose={() => setWhy(false)}
          position="right"
          size={340}
          title="Why"
          closeButtonProps={{ 'aria-label': 'Close' }}
        >
          <div className={styles.drawer}>{panel}</div>
        </Drawer>
      )}
    </div>
  )
}

/** Alt W shows the panel where there is no room for it beside the grid. */
function useWhyKey(toggle: () => void): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (!event.altKey || event.code !== 'KeyW') return
      event.preventDefault()
      toggle()
    }
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  })
}

function Nothing({ view, filtered, onClear }: { view: View; filtered: boolean; onClear: () => void }) {
  if (filtered) return <NoResults onClear={onClear}>No rows match these filters.</NoResults>
  if (view === 'all')
    return (
      <EmptyState
        title="Nothing to review"
        actions={<Button renderRoot={(props) => <Link to={paths.clients} {...props} />}>See the clients</Button>}
      >
        Posted transactions of every client appear here as their banks send them.
      </EmptyState>
    )
  return <EmptyState title="Nothing in this view">Rows move between the views as they are coded, mapped and approved.</EmptyState>
}
