import { Button } from '@mantine/core'
import { bulk, type BulkItem, type BulkOutcome, type BulkRun } from '@ledgersync/shared/bulk'
import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { Check, FileQuestion } from 'lucide-react'
import { useEffect, useState } from 'react'
import { paths } from '../../paths.ts'
import { invalidate, pages, query, queryClient } from '../../query.ts'
import { Badge, type Tone } from '../../ui/badge.tsx'
import type { CardParts } from '../../ui/data-cards.tsx'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { FilterMenu } from '../../ui/filter-menu.tsx'
import { ListPane } from '../../ui/list-pane.tsx'
import { formatCount } from '../../ui/money.tsx'
import { Progress } from '../../ui/progress.tsx'
import { EmptyState, ErrorState, SkeletonRows } from '../../ui/states.tsx'
import { StepFrame } from './step-frame.tsx'
import type { Wizard } from './use-wizard.ts'
import { counted } from './words.ts'
import styles from './outreach.module.css'

const lookAgainMs = 1_000

/** Step 5: how far the run is, and what came of each client. */
export function SentStep({ wizard: { runId } }: { wizard: Wizard }) {
  const navigate = useNavigate()
  const found = useQuery({
    ...query(bulk.get, { params: { runId: runId ?? '' } }),
    enabled: runId !== undefined,
    refetchInterval: ({ state }) => (state.data?.finishedAt === null ? lookAgainMs : false),
  })
  const run = found.data
  const again = <Button onClick={() => void navigate({ to: paths.outreach, search: {}, state: {} })}>Ask others</Button>
  const done = (
    <Button variant="filled" renderRoot={(props) => <Link to={paths.clients} {...props} />}>
      Done
    </Button>
  )
  if (runId === undefined || (run !== undefined && run.action.kind !== 'outreach'))
    return (
      <StepFrame heading="Send" actions={again}>
        <EmptyState icon={FileQuestion} title="There is nothing here">
          The address may be wrong.
        </EmptyState>
      </StepFrame>
    )
  if (run === undefined)
    return (
      <StepFrame heading="Send" actions={done}>
        {found.isError ? (
          <div className={styles.form}>
            <ErrorState error={found.error} title="We could not load what became of it" onRetry={() => void found.refetch()} />
          </div>
        ) : (
          <SkeletonRows rows={8} />
        )}
      </StepFrame>
    )
  return (
    <StepFrame
      heading={run.finishedAt === null ? `Writing about ${counted(run.total, 'client')}` : overWords(run)}
      detail={run.finishedAt === null ? 'You can leave this page.' : 'What becomes of each message stands with the client.'}
      actions={
        <>
          {again}
          {done}
        </>
      }
    >
      <Outcomes run={run} />
    </StepFrame>
  )
}

function overWords({ done, skipped, failed }: BulkRun): string {
  const left = [skipped > 0 && `${formatCount(skipped)} skipped`, failed > 0 && `${formatCount(failed)} failed`].filter(
    (words) => words !== false,
  )
  return [done === 0 ? 'No message went out' : `Messages about ${counted(done, 'client')} are on their way`, ...left].join(', ')
}

const outcomeWords: Record<BulkOutcome, { label: string; tone: Tone }> = {
  waiting: { label: 'Waiting', tone: 'neutral' },
  done: { label: 'On its way', tone: 'ok' },
  skipped: { label: 'Skipped', tone: 'neutral' },
  failed: { label: 'Failed', tone: 'bad' },
}
const outcomeOptions = (['done', 'skipped', 'failed', 'waiting'] as const).map((value) => ({ value, label: outcomeWords[value].label }))

function Outcomes({ run: { id, total, done, skipped, failed, finishedAt } }: { run: BulkRun }) {
  const [outcome, setOutcome] = useState<BulkOutcome>()
  const isOver = finishedAt !== null
  const list = useInfiniteQuery({
    ...pages(bulk.items, { params: { runId: id }, query: { limit: 100, ...(outcome !== undefined && { outcome }) } }),
    refetchInterval: isOver ? false : 2 * lookAgainMs,
    placeholderData: keepPreviousData,
  })
  // Whoever comes when all is over has looked after that
  const [wasOver] = useState(isOver)
  useEffect(() => {
    if (isOver && !wasOver) lookOnceMore().catch(reportError)
  }, [isOver, wasOver])
  const settled = done + skipped + failed
  return (
    <>
      {finishedAt === null && (
        <div className={styles.progress} role="status">
          <Progress done={settled} total={total} label="Clients written to" />
        </div>
      )}
      <ListPane filters={<FilterMenu label="Outcome" options={outcomeOptions} value={outcome} onChange={setOutcome} />}>
        <DataTable
          label="What came of each client"
          columns={columns}
          rows={list.data?.pages.flatMap((page) => page.items)}
          rowKey={({ clientId }) => clientId}
          card={cardOf}
          minWidth={640}
          error={
            list.isError &&
            !list.data && <ErrorState error={list.error} title="We could not load the clients" onRetry={() => void list.refetch()} />
          }
          empty={
            <EmptyState
              icon={Check}
              title="No client with this outcome"
              actions={<Button onClick={() => setOutcome(undefined)}>Show all</Button>}
            />
          }
          more={{ hasMore: list.hasNextPage, loading: list.isFetchingNextPage, load: () => void list.fetchNextPage() }}
        />
      </ListPane>
    </>
  )
}

/** The last look is one that began after the run was over, whatever is on its way. */
async function lookOnceMore(): Promise<void> {
  await queryClient.cancelQueries({ queryKey: [bulk.items.schema.operationId] })
  await invalidate([bulk.items])
}

const columns: Column<BulkItem>[] = [
  { id: 'client', header: 'Client', width: '36%', cell: (item) => <ClientMessages item={item} /> },
  { id: 'outcome', header: 'Outcome', width: '128px', cell: (item) => <Outcome item={item} /> },
  { id: 'reason', header: 'Why', cell: ({ reason }) => <span title={reason ?? undefined}>{reason}</span> },
]

const cardOf = (item: BulkItem): CardParts => ({ title: <ClientMessages item={item} />, state: <Outcome item={item} />, meta: item.reason })

function ClientMessages({ item: { clientId, businessName } }: { item: BulkItem }) {
  return (
    <Link to={paths.clientMessages} params={{ clientId }} title={businessName}>
      {businessName}
    </Link>
  )
}

function Outcome({ item: { outcome } }: { item: BulkItem }) {
  const { label, tone } = outcomeWords[outcome]
  return <Badge tone={tone}>{label}</Badge>
}
