import { Button } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { type PushBatch, pushes } from '@ledgersync/shared/pushes'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { ChevronDown, ChevronRight } from 'lucide-react'
import { Fragment, useState } from 'react'
import { useAddress } from '../../address.ts'
import { paths } from '../../paths.ts'
import { pages } from '../../query.ts'
import { DateTime } from '../../ui/date-time.tsx'
import { Count, None } from '../../ui/money.tsx'
import { Page, PageTabs } from '../../ui/page.tsx'
import { EmptyState, ErrorState, SkeletonRows } from '../../ui/states.tsx'
import { zoneName } from '../../ui/time.ts'
import { ChoiceFilters, choiceNames, choiceQuery } from '../groups/client-choice.tsx'
import { BatchCards } from './batch-cards.tsx'
import { BatchEntries } from './batch-entries.tsx'
import { Retry, State } from './batch-state.tsx'
import styles from './sync-status.module.css'
import { UndoBatch } from './undo.tsx'

const views = [
  { view: 'all', label: 'All' },
  { view: 'running', label: 'Running' },
  { view: 'failed', label: 'Failed' },
  { view: 'done', label: 'Done' },
  { view: 'undone', label: 'Undone' },
] as const

/** Every push, newest first, with its live progress; a row opens in place to its entries. */
export function SyncStatusPage() {
  const [{ view: asked, ...choice }, change] = useAddress(['view', ...choiceNames] as const)
  const chosen = choiceQuery(choice)
  const view = views.find((each) => each.view === asked)?.view ?? 'all'
  const list = useInfiniteQuery(pages(pushes.list, { query: { limit: 50, view, ...chosen } }))
  const batches = list.data?.pages.flatMap((page) => page.items)
  return (
    <Page
      title="Sync Status"
      aside={zoneName()}
      flush
      tabs={
        <PageTabs
          label="Views"
          tabs={views.map((each) => ({
            label: each.label,
            current: each.view === view,
            to: paths.syncStatus,
            search: { ...choice, ...(each.view !== 'all' && { view: each.view }) },
          }))}
        />
      }
      filters={<ChoiceFilters address={choice} onChange={change} />}
    >
      {list.isError && batches === undefined ? (
        <div className={styles.outside}>
          <ErrorState error={list.error} title="We could not load the pushes" onRetry={() => void list.refetch()} />
        </div>
      ) : batches === undefined ? (
        <SkeletonRows />
      ) : batches.length === 0 ? (
        <Nothing all={view === 'all' && Object.keys(chosen).length === 0} />
      ) : (
        <Batches batches={batches} />
      )}
      {list.hasNextPage && (
        <div className={styles.outside}>
          <Button size="sm" loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
            Show older
          </Button>
        </div>
      )}
    </Page>
  )
}

function Nothing({ all }: { all: boolean }) {
  return (
    <EmptyState
      title={all ? 'Nothing pushed yet' : 'Nothing in this view'}
      actions={all && <Button renderRoot={(props) => <Link to={paths.review} {...props} />}>Go to Review</Button>}
    >
      {all
        ? 'Approve rows in Review and push them; each push is listed here with what became of it.'
        : 'Pushes move between the views as they go on.'}
    </EmptyState>
  )
}

function Batches({ batches }: { batches: PushBatch[] }) {
  const [opened, setOpened] = useState<ReadonlySet<string>>(new Set())
  const toggle = (id: string) =>
    setOpened((before) => new Set(before.has(id) ? [...before].filter((each) => each !== id) : [...before, id]))
  const narrow = useMediaQuery('(max-width: 600px)', false, { getInitialValueInEffect: false })
  if (narrow) return <BatchCards batches={batches} opened={opened} onToggle={toggle} />
  return (
    <div className={styles.scroll}>
      <table className={styles.table} aria-label="Pushes">
        <thead>
          <tr>
            <th scope="col">Requested</th>
            <th scope="col">Processed</th>
            <th scope="col">Requested by</th>
            <th scope="col">Client</th>
            <th scope="col" data-align="end">
              Count
            </th>
            <th scope="col" data-align="end">
              Pushed
            </th>
            <th scope="col" data-align="end">
              Failed
            </th>
            <th scope="col">State</th>
            <th scope="col">
              <span className="visually-hidden">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {batches.map((batch) => (
            <Fragment key={batch.id}>
              <BatchRow batch={batch} opened={opened.has(batch.id)} onToggle={() => toggle(batch.id)} />
              {opened.has(batch.id) && (
                <tr>
                  <td colSpan={9} className={styles.inside}>
                    <BatchEntries batch={batch} />
                  </td>
                </tr>
              )}
            </Fragment>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function BatchRow({ batch, opened, onToggle }: { batch: PushBatch; opened: boolean; onToggle: () => void }) {
  const Chevron = opened ? ChevronDown : ChevronRight
  return (
    <tr className={styles.row}>
      <td>
        <button
          type="button"
          className={styles.opener}
          aria-expanded={opened}
          aria-label={`Entries of ${batch.clientName}`}
          onClick={onToggle}
        >
          <Chevron size={14} aria-hidden />
          <DateTime at={batch.requestedAt} />
        </button>
      </td>
      <td>
        <DateTime at={batch.processedAt} />
      </td>
      <td className={styles.second}>{batch.requestedBy}</td>
      <td>
        <Link to={paths.client} params={{ clientId: batch.clientId }} className={styles.client}>
          {batch.clientName}
        </Link>
      </td>
      <td data-align="end">
        <Count value={batch.count} />
      </td>
      <td data-align="end">
        <Count value={batch.pushed} />
      </td>
      <td data-align="end">{batch.failed === 0 ? <None label="0" /> : <strong className={styles.failed}>{batch.failed}</strong>}</td>
      <td>
        <State batch={batch} />
      </td>
      <td data-align="end">
        {batch.failed > 0 && <Retry batch={batch} />}
        {batch.pushed > 0 && <UndoBatch batch={batch} />}
      </td>
    </tr>
  )
}
