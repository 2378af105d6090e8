import { Drawer } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { review, type ReviewCounts } from '@ledgersync/shared/review'
import type { Transaction } from '@ledgersync/shared/transactions'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { useAddress } from '../../address.ts'
import { paths } from '../../paths.ts'
import { query } from '../../query.ts'
import { chordOf } from '../../ui/chord.ts'
import { formatCount } from '../../ui/money.tsx'
import { PageTabs } from '../../ui/page.tsx'
import { pageTitle } from '../../ui/page-title.ts'
import { SearchField } from '../../ui/search-field.tsx'
import { ErrorState, SkeletonRows } from '../../ui/states.tsx'
import { ChoiceFilters, choiceQuery } from '../groups/client-choice.tsx'
import { filterNames, type Filters } from '../transactions/filter-address.ts'
import { AccountFilter, ClientFilter, DateFilter } from '../transactions/filters.tsx'
import { NothingToReview } from './nothing-to-review.tsx'
import { ReviewBar } from './review-bar.tsx'
import { ReviewCards } from './review-cards.tsx'
import { ReviewGrid } from './review-grid.tsx'
import page from './review-page.module.css'
import styles from './review.module.css'
import { useGrid } from './use-grid.ts'
import { type ReviewActions, useReviewActions } from './use-review-actions.ts'
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
  const counts = useQuery(
    query(review.counts, { query: { ...(filters.client !== undefined && { clientId: filters.client }), ...choiceQuery(filters) } }),
  ).data
  useEffect(() => {
    document.title = 'Review · Ledgersync'
    pageTitle.set('Review')
  }, [])
  return (
    <div className={page.page}>
      <header className={page.header}>
        <div className={page.titleRow}>
          <h1>Review</h1>
          {counts && <span className={page.quiet}>{inWords(counts)}</span>}
          <div className={page.filters}>
            <ChoiceFilters address={filters} onChange={change} />
            <ClientFilter filters={filters} onChange={change} />
            <AccountFilter clientId={filters.client} value={filters.account} onChange={change} />
            <DateFilter filters={filters} onChange={change} />
            <SearchField
              label="Filter rows"
              placeholder="Filter rows"
              value={filters.search ?? ''}
              onChange={(search) => change({ search: search || undefined })}
              width={200}
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
      <Queue view={view} filters={filters} counts={counts} onClear={() => change(noFilters)} />
    </div>
  )
}

const noFilters: Filters = Object.fromEntries(filterNames.map((name) => [name, undefined]))

function inWords({ all, clients }: ReviewCounts): string {
  if (all === 0) return 'nothing waits'
  return `${formatCount(all)} in ${formatCount(clients)} ${clients === 1 ? 'client' : 'clients'}`
}

interface QueueProps {
  view: View
  filters: Filters
  counts: ReviewCounts | undefined
  onClear: () => void
}

/** The rows, kept still while others work. What can be undone outlives a change of the filters. */
function Queue({ view, filters, counts, onClear }: QueueProps) {
  const { rows, list, waiting, showWaiting, keep, release } = useReviewRows(view, filters)
  const actions = useReviewActions({ keep, release })
  const more = { hasMore: list.hasNextPage, loading: list.isFetchingNextPage, load: () => void list.fetchNextPage() }
  const before = list.isError ? (
    <div className={styles.outside}>
      <ErrorState error={list.error} title="We could not load the queue" onRetry={() => void list.refetch()} />
    </div>
  ) : (
    <SkeletonRows height={32} rows={16} />
  )
  return (
    <>
      {waiting > 0 && (
        <button type="button" className={styles.waiting} onClick={showWaiting}>
          {formatCount(waiting)} new {waiting === 1 ? 'row' : 'rows'}
        </button>
      )}
      <Work
        // Another list: place, selection and a half-typed cell belong to the one before
        key={JSON.stringify([view, filters])}
        rows={rows}
        actions={actions}
        more={more}
        before={before}
        nothing={<NothingToReview view={view} filters={filters} onClear={onClear} />}
        counts={counts}
        clientId={filters.client}
      />
    </>
  )
}

interface WorkProps {
  rows: Transaction[] | undefined
  actions: ReviewActions
  more: { hasMore: boolean; loading: boolean; load: () => void }
  /** Shown until there are rows: the skeleton or the failure. */
  before: React.ReactNode
  nothing: React.ReactNode
  counts: ReviewCounts | undefined
  clientId: string | undefined
}

/** A grid to work in, or cards on a phone, and beside it why a row is coded as it is. */
function Work({ rows, actions, more, before, nothing, counts, clientId }: WorkProps) {
  const grid = useGrid(rows ?? [], actions)
  const narrow = useMediaQuery('(max-width: 600px)', false, { getInitialValueInEffect: false })
  const wide = useMediaQuery('(min-width: 1200px)', true, { getInitialValueInEffect: false })
  // Two states: a window made narrow must not find itself under a drawer
  const [beside, setBeside] = useState(true)
  const [over, setOver] = useState(false)
  const toggle = () => (wide ? setBeside(!beside) : setOver(!over))
  useWhyKey(toggle)
  const any = rows !== undefined && rows.length > 0
  const panel = <WhyPanel row={grid.row} onUnapprove={(row) => void actions.unapprove([row.id])} />
  return (
    <div className={styles.layout}>
      <div className={styles.work}>
        {rows === undefined && before}
        {rows?.length === 0 && nothing}
        {any && narrow && <ReviewCards rows={rows} actions={actions} more={more} />}
        {any && !narrow && <ReviewGrid rows={rows} grid={grid} actions={actions} more={more} />}
        <ReviewBar grid={grid} actions={actions} counts={counts} clientId={clientId} onWhy={any && !narrow ? toggle : null} />
      </div>
      {wide && beside && any && (
        <aside className={styles.panel} aria-label="Why this row is coded so">
          {panel}
        </aside>
      )}
      {!wide && (
        <Drawer
          opened={over && any}
          onClose={() => setOver(false)}
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

/** Alt W shows and hides the panel, whatever has the focus on this page. */
function useWhyKey(toggle: () => void): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (chordOf(event) !== 'Alt+w') return
      event.preventDefault()
      toggle()
    }
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  })
}
