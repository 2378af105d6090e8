import type { Page } from '@ledgersync/shared/common'
import { Button, Modal } from '@mantine/core'
import { pushes } from '@ledgersync/shared/pushes'
import { review } from '@ledgersync/shared/review'
import type { Transaction } from '@ledgersync/shared/transactions'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { call } from '../../api.ts'
import { paths } from '../../paths.ts'
import { invalidate } from '../../query.ts'
import { ActionButton } from '../../ui/action-button.tsx'
import { formatCount, Money, Total } from '../../ui/money.tsx'
import { ErrorState, SkeletonRows } from '../../ui/states.tsx'
import { toast } from '../../ui/toasts.tsx'
import { sumsOf } from '../transactions/amount.tsx'
import styles from './push-dialog.module.css'

/** The API takes this many rows by name; what is pushed is exactly what was shown. */
const rowsAtOnce = 500

/** Reads the approved rows, up to one request's worth. `more` says that others wait behind them. */
async function readApproved(clientId: string | undefined): Promise<{ rows: Transaction[]; more: boolean }> {
  const rows: Transaction[] = []
  let cursor: string | null = null
  do {
    const page: Page<Transaction> = await call(review.list, {
      query: { bucket: 'approved' as const, limit: 100, ...(clientId !== undefined && { clientId }), ...(cursor !== null && { cursor }) },
    })
    rows.push(...page.items)
    cursor = page.nextCursor
  } while (cursor !== null && rows.length < rowsAtOnce)
  return { rows: rows.slice(0, rowsAtOnce), more: cursor !== null }
}

/** Shows what would be pushed, with counts and money for each client, and pushes exactly that. */
export function PushDialog({ opened, clientId, onClose }: { opened: boolean; clientId: string | undefined; onClose: () => void }) {
  const found = useQuery({
    queryKey: ['pushPreview', clientId],
    queryFn: () => readApproved(clientId),
    enabled: opened,
    gcTime: 0,
    staleTime: 0,
  })
  const navigate = useNavigate()
  const push = useMutation({
    mutationFn: (rows: Transaction[]) => call(pushes.create, { body: { transactionIds: rows.map((row) => row.id) } }),
    onSuccess: async ({ batches, refused }) => {
      onClose()
      const count = batches.reduce((sum, batch) => sum + batch.count, 0)
      toast({
        title: `${formatCount(count)} on their way to QuickBooks`,
        detail: 'You can leave this page. It keeps going.',
        action: { label: 'See Sync Status', run: () => void navigate({ to: paths.syncStatus }) },
      })
      if (refused.length > 0)
        toast({
          tone: 'warn',
          title: `${formatCount(refused.length)} not pushed`,
          detail: [...new Set(refused.map(({ reason }) => reason))].join(' '),
        })
      await invalidate([review.list, review.counts, pushes.list])
    },
  })
  const rows = found.data?.rows ?? []
  const waits = found.isFetching || rows.length === 0
  return (
    <Modal opened={opened} onClose={onClose} title="Push to QuickBooks" size={520} closeButtonProps={{ 'aria-label': 'Close' }}>
      {found.isError && <ErrorState error={found.error} onRetry={() => void found.refetch()} />}
      {found.isPending && <SkeletonRows rows={3} />}
      {found.data && rows.length === 0 && <p>Nothing is approved any more. Somebody pushed it in the meantime.</p>}
      {rows.length > 0 && <Preview rows={rows} />}
      {found.data?.more && <p className={styles.note}>These are the newest {formatCount(rows.length)}. Push again for the others.</p>}
      <p className={styles.note}>Each entry is made at most once. What QuickBooks refuses stays here with the reason.</p>
      {push.isError && <ErrorState error={push.error} />}
      <div className={styles.buttons}>
        <Button onClick={onClose} data-autofocus>
          Not now
        </Button>
        <ActionButton
          variant="filled"
          loading={push.isPending}
          unavailable={waits ? 'The rows are being counted.' : null}
          onClick={() => push.mutate(rows)}
        >
          Push {formatCount(rows.length)}
        </ActionButton>
      </div>
    </Modal>
  )
}

function Preview({ rows }: { rows: Transaction[] }) {
  const byClient = new Map<string, { name: string; rows: Transaction[] }>()
  for (const row of rows) {
    const group = byClient.get(row.clientId) ?? { name: row.clientName, rows: [] }
    group.rows.push(row)
    byClient.set(row.clientId, group)
  }
  const groups = [...byClient].sort(([, one], [, other]) => one.name.localeCompare(other.name))
  return (
    <div className={styles.scroll}>
      <table className={styles.table}>
        <thead>
          <tr>
            <th scope="col">Client</th>
            <th scope="col">Count</th>
            <th scope="col">Money out</th>
            <th scope="col">Money in</th>
          </tr>
        </thead>
        <tbody>
          {groups.map(([id, group]) => (
            <Line key={id} name={group.name} rows={group.rows} />
          ))}
        </tbody>
        {groups.length > 1 && (
          <tfoot>
            <Line name={`${formatCount(groups.length)} clients`} rows={rows} />
          </tfoot>
        )}
      </table>
    </div>
  )
}

function Line({ name, rows }: { name: string; rows: Transaction[] }) {
  return (
    <tr>
      <th scope="row">{name}</th>
      <td>{formatCount(rows.length)}</td>
      <td>
        <Sums rows={rows.filter((row) => row.amountMinor < 0)} />
      </td>
      <td>
        <Sums rows={rows.filter((row) => row.amountMinor > 0)} />
      </td>
    </tr>
  )
}

function Sums({ rows }: { rows: Transaction[] }) {
  const sums = sumsOf(rows)
  if (sums.length === 0) return <Money amountMinor={null} currency="USD" />
  return sums.map(({ currency, totalMinor }) => (
    <div key={currency}>
      <Total totalMinor={totalMinor} currency={currency} />
    </div>
  ))
}
