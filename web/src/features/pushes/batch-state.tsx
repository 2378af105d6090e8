import { ActionIcon, Tooltip } from '@mantine/core'
import { type PushBatch, pushes } from '@ledgersync/shared/pushes'
import { useMutation } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Check, RefreshCw, Undo2 } from 'lucide-react'
import { call } from '../../api.ts'
import { paths } from '../../paths.ts'
import { invalidate } from '../../query.ts'
import { useMissingPermission } from '../../session.ts'
import { ActionButton } from '../../ui/action-button.tsx'
import { Badge } from '../../ui/badge.tsx'
import { Progress } from '../../ui/progress.tsx'
import { toast, toastError } from '../../ui/toasts.tsx'
import styles from './sync-status.module.css'

/** How far a push has got, or what it waits for. */
export function State({ batch }: { batch: PushBatch }) {
  switch (batch.state) {
    case 'waiting':
    case 'running':
      return <Progress done={batch.pushed + batch.failed + batch.undone} total={batch.count} label={`Pushing ${batch.clientName}`} />
    case 'undoing':
      return (
        <span className={styles.undoing}>
          Undoing <Progress done={batch.undone} total={batch.undone + batch.undoing} label={`Undoing ${batch.clientName}`} />
        </span>
      )
    case 'reconnect':
      return (
        <Link to={paths.clientMapping} params={{ clientId: batch.clientId }}>
          Reconnect QuickBooks
        </Link>
      )
    case 'failed':
      return (
        <span className={styles.done}>
          <Badge tone="bad">{batch.failed} failed</Badge>
          <Undone batch={batch} />
        </span>
      )
    case 'undone':
      return (
        <span className={styles.undone}>
          <Undo2 size={14} aria-hidden />
          <span>Undone by {batch.undoneBy?.split(' ')[0]}</span>
        </span>
      )
    case 'done':
      return (
        <span className={styles.done}>
          <Check size={14} aria-hidden />
          <span>Done</span>
          <Undone batch={batch} />
        </span>
      )
  }
}

/** How many of a batch were taken back, and how many would not go. */
function Undone({ batch: { undone, heldBack } }: { batch: PushBatch }) {
  return (
    <>
      {undone > 0 && <Badge>{undone} undone</Badge>}
      {heldBack > 0 && <Badge tone="warn">{heldBack} not undone</Badge>}
    </>
  )
}

/** Sends the failed entries again, coded as their rows are now. */
export function Retry({ batch, wide = false }: { batch: PushBatch; wide?: boolean }) {
  const missing = useMissingPermission('push')
  const retry = useMutation({
    mutationFn: () => call(pushes.retry, { params: { batchId: batch.id } }),
    onSuccess: async (after) => {
      if (after.failed > 0)
        toast({ tone: 'warn', title: `${after.failed} still cannot be pushed`, detail: 'Open the row for the reasons.' })
      await invalidate([pushes.list, pushes.get])
    },
    onError: (error) => toastError(error),
  })
  if (wide)
    return (
      <ActionButton fullWidth size="xl" loading={retry.isPending} unavailable={missing} onClick={() => retry.mutate()}>
        Retry {batch.failed} failed
      </ActionButton>
    )
  return (
    <Tooltip label={missing ?? 'Retry'}>
      <ActionIcon
        aria-label={`Retry the failed entries of ${batch.clientName}`}
        aria-disabled={missing !== null}
        loading={retry.isPending}
        onClick={() => missing === null && retry.mutate()}
      >
        <RefreshCw size={16} aria-hidden {...(missing !== null && { color: 'var(--text-3)' })} />
      </ActionIcon>
    </Tooltip>
  )
}
