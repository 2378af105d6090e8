import { ActionIcon, Button, Modal, Tooltip } from '@mantine/core'
import { type Push, type PushBatch, pushes } from '@ledgersync/shared/pushes'
import { review } from '@ledgersync/shared/review'
import { useMutation, useQuery } from '@tanstack/react-query'
import { Undo2 } from 'lucide-react'
import { useState } from 'react'
import { call } from '../../api.ts'
import { invalidate, query } from '../../query.ts'
import { useMissingPermission } from '../../session.ts'
import { ActionButton } from '../../ui/action-button.tsx'
import { formatCount, Total } from '../../ui/money.tsx'
import { ErrorState, SkeletonRows } from '../../ui/states.tsx'
import { toast } from '../../ui/toasts.tsx'
import { sumsOf } from '../transactions/amount.tsx'
import styles from './sync-status.module.css'

/** Takes everything of a batch back that stands in QuickBooks. */
export function UndoBatch({ batch, wide = false }: { batch: PushBatch; wide?: boolean }) {
  const missing = useMissingPermission('undo')
  const [opened, setOpened] = useState(false)
  return (
    <>
      {wide ? (
        <ActionButton
          fullWidth
          size="xl"
          leftSection={<Undo2 size={16} aria-hidden />}
          unavailable={missing}
          onClick={() => setOpened(true)}
        >
          Undo {formatCount(batch.pushed)}…
        </ActionButton>
      ) : (
        <UndoIcon label={`Undo the entries of ${batch.clientName}`} onClick={() => setOpened(true)} />
      )}
      {opened && <UndoDialog batch={batch} onClose={() => setOpened(false)} />}
    </>
  )
}

/** Takes one entry back. */
export function UndoEntry({ batch, entry }: { batch: PushBatch; entry: Push }) {
  const [opened, setOpened] = useState(false)
  return (
    <>
      <UndoIcon label={`Undo ${entry.description}`} onClick={() => setOpened(true)} />
      {opened && <UndoDialog batch={batch} entry={entry} onClose={() => setOpened(false)} />}
    </>
  )
}

function UndoIcon({ label, onClick }: { label: string; onClick: () => void }) {
  const missing = useMissingPermission('undo')
  return (
    <Tooltip label={missing ?? 'Undo'}>
      <ActionIcon size="sm" aria-label={label} aria-disabled={missing !== null} onClick={() => missing === null && onClick()}>
        <Undo2 size={16} aria-hidden {...(missing !== null && { color: 'var(--text-3)' })} />
      </ActionIcon>
    </Tooltip>
  )
}

const entriesWord = (count: number): string => (count === 1 ? '1 entry' : `${formatCount(count)} entries`)

/** Shows what would be deleted in QuickBooks, with count and money, and asks for it. */
function UndoDialog({ batch, entry, onClose }: { batch: PushBatch; entry?: Push; onClose: () => void }) {
  const found = useQuery({ ...query(pushes.get, { params: { batchId: batch.id } }), enabled: entry === undefined })
  const rows = entry === undefined ? found.data?.entries.filter(({ state }) => state === 'pushed') : [entry]
  const count = rows?.length ?? 0
  const undo = useMutation({
    mutationFn: () =>
      entry === undefined ? call(pushes.undoBatch, { params: { batchId: batch.id } }) : call(pushes.undo, { params: { pushId: entry.id } }),
    onSuccess: async () => {
      onClose()
      toast({ title: `${entriesWord(count)} being deleted in QuickBooks`, detail: 'You can leave this page. It keeps going.' })
      await invalidate([pushes.list, pushes.get, review.counts])
    },
  })
  return (
    <Modal
      opened
      onClose={onClose}
      title={`Undo ${entry === undefined ? batch.clientName : entry.description}?`}
      size={440}
      withCloseButton={false}
    >
      {found.isError && rows === undefined && <ErrorState error={found.error} onRetry={() => void found.refetch()} />}
      {found.isPending && rows === undefined && <SkeletonRows rows={2} />}
      {rows && <Consequences rows={rows} />}
      {undo.error && <ErrorState error={undo.error} title="Nothing was undone" />}
      <div className={styles.buttons}>
        <Button onClick={onClose} data-autofocus>
          {count === 1 ? 'Keep entry' : 'Keep entries'}
        </Button>
        <ActionButton
          variant="filled"
          loading={undo.isPending}
          unavailable={count === 0 ? 'Nothing of this push stands in QuickBooks.' : null}
          onClick={() => undo.mutate()}
        >
          Undo {entriesWord(count)}
        </ActionButton>
      </div>
    </Modal>
  )
}

function Consequences({ rows }: { rows: Push[] }) {
  const [out, into] = [rows.filter(({ amountMinor }) => amountMinor < 0), rows.filter(({ amountMinor }) => amountMinor > 0)]
  const one = rows.length === 1
  return (
    <>
      <p>
        {entriesWord(rows.length)} will be deleted in QuickBooks: <Sums words="money out" rows={out} />
        {out.length > 0 && into.length > 0 && ', '}
        <Sums words="money in" rows={into} />.
      </p>
      <ul className={styles.consequences}>
        <li>
          {one
            ? 'Its transaction is approved again and can be pushed anew.'
            : 'Their transactions are approved again and can be pushed anew.'}
        </li>
        <li>
          {one ? 'If it was' : 'Entries that were'} edited, linked or closed there since {one ? 'it stays' : 'stay'}, with the reason.
        </li>
      </ul>
    </>
  )
}

function Sums({ words, rows }: { words: string; rows: Push[] }) {
  return sumsOf(rows).map(({ currency, totalMinor }, index) => (
    <span key={currency}>
      {index > 0 && ', '}
      {words} <Total totalMinor={totalMinor} currency={currency} />
    </span>
  ))
}
