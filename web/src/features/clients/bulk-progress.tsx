import { Button, CloseButton } from '@mantine/core'
import { bulk, type BulkOutcome, type BulkRun } from '@ledgersync/shared/bulk'
import { clients } from '@ledgersync/shared/clients'
import { useInfiniteQuery, useMutation, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { call } from '../../api.ts'
import { paths } from '../../paths.ts'
import { invalidate, pages, query } from '../../query.ts'
import { formatCount } from '../../ui/money.tsx'
import { Progress } from '../../ui/progress.tsx'
import { SidePanel } from '../../ui/side-panel.tsx'
import { create } from '../../ui/store.ts'
import { ErrorState, SkeletonRows } from '../../ui/states.tsx'
import { toastError } from '../../ui/toasts.tsx'
import styles from './list-page.module.css'

const lookAgainMs = 1_000
/** Runs that began or went on while this window was open; they stay when they are over, until somebody closes them. */
const watched = create<ReadonlySet<string>>(new Set())

/** Shows the run and, when it is over, what came of it. */
export function watchRun(id: string): void {
  watched.set(new Set([...watched.get(), id]))
}

function closeRun(id: string): void {
  watched.set(new Set([...watched.get()].filter((one) => one !== id)))
}

/** Runs over many clients: how far each is, and what came of it. */
export function BulkProgress() {
  const shown = watched.use()
  const list = useQuery({
    ...query(bulk.list),
    refetchInterval: ({ state }) => (state.data?.items.some((run) => run.finishedAt === null) === true ? lookAgainMs : false),
  })
  const runs = list.data?.items
  useEffect(() => {
    for (const { id, finishedAt } of runs ?? []) if (finishedAt === null && !watched.get().has(id)) watchRun(id)
  }, [runs])
  return runs?.filter(({ id }) => shown.has(id)).map((run) => <Run key={run.id} run={run} onClose={() => closeRun(run.id)} />)
}

const doing: Record<BulkRun['action']['kind'], [running: string, over: string]> = {
  invite: ['Inviting', 'Invited'],
  outreach: ['Writing to', 'Wrote to'],
  assign: ['Assigning staff to', 'Assigned staff to'],
  group: ['Moving', 'Moved'],
  lock: ['Locking', 'Locked'],
  unlock: ['Unlocking', 'Unlocked'],
  undo: ['Taking back the change of', 'Took back the change of'],
}

function Run({ run, onClose }: { run: BulkRun; onClose: () => void }) {
  const [opened, setOpened] = useState(false)
  const { action, total, done, skipped, failed, finishedAt } = run
  const [running, over] = doing[action.kind]
  const isOver = finishedAt !== null
  useEffect(() => {
    // The last event of a client may have come before its row was read
    if (isOver) void invalidate([clients.list, clients.counts])
  }, [isOver])
  const left = [skipped > 0 && `${formatCount(skipped)} skipped`, failed > 0 && `${formatCount(failed)} failed`].filter(
    (words) => words !== false,
  )
  return (
    <section className={styles.run} aria-label={`${running} ${total} clients`} role="status">
      <div className={styles.runWords}>
        <strong>
          {isOver ? over : running} {formatCount(isOver ? done : total)} {(isOver ? done : total) === 1 ? 'client' : 'clients'}
        </strong>
        {left.length > 0 && `, ${left.join(', ')}`}
        {!isOver && '. You can leave this page.'}
      </div>
      {!isOver && <Progress done={done + skipped + failed} total={total} label={`${running} clients`} />}
      <div className={styles.runEnd}>
        {skipped + failed > 0 && (
          <Button size="sm" onClick={() => setOpened(true)}>
            Show reasons
          </Button>
        )}
        {isOver && run.undoable && <UndoRun run={run} onUndone={onClose} />}
        {isOver && <CloseButton size="sm" aria-label="Dismiss" onClick={onClose} />}
      </div>
      <SidePanel opened={opened} title={`What was left out of ${formatCount(total)}`} onClose={() => setOpened(false)}>
        {opened && (
          <>
            {failed > 0 && <Outcomes runId={run.id} outcome="failed" title="Failed" />}
            {skipped > 0 && <Outcomes runId={run.id} outcome="skipped" title="Skipped" />}
          </>
        )}
      </SidePanel>
    </section>
  )
}

/** Takes back what the run did, as a run of its own. */
function UndoRun({ run: { id }, onUndone }: { run: BulkRun; onUndone: () => void }) {
  const undo = useMutation({
    mutationFn: () => call(bulk.start, { body: { action: { kind: 'undo', runId: id } } }),
    onSuccess: async (started) => {
      watchRun(started.id)
      onUndone()
      await invalidate([bulk.list])
    },
    onError: (error) => toastError(error, 'Nothing was taken back'),
  })
  return (
    <Button size="sm" loading={undo.isPending} onClick={() => undo.mutate()}>
      Undo
    </Button>
  )
}

function Outcomes({ runId, outcome, title }: { runId: string; outcome: BulkOutcome; title: string }) {
  const list = useInfiniteQuery(pages(bulk.items, { params: { runId }, query: { outcome, limit: 100 } }))
  const items = list.data?.pages.flatMap((page) => page.items)
  return (
    <section aria-label={title}>
      <h3>{title}</h3>
      {list.isError && <ErrorState error={list.error} onRetry={() => void list.refetch()} />}
      {list.isPending && <SkeletonRows rows={4} />}
      {items && (
        <ul className={styles.outcomes}>
          {items.map(({ clientId, businessName, reason }) => (
            <li key={clientId}>
              <Link to={paths.client} params={{ clientId }}>
                {businessName}
              </Link>
              <span className={styles.quiet}>{reason}</span>
            </li>
          ))}
        </ul>
      )}
      {list.hasNextPage && (
        <Button size="sm" loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
          Show more
        </Button>
      )}
    </section>
  )
}
