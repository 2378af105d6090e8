import { Button } from '@mantine/core'
import type { ReviewCounts } from '@ledgersync/shared/review'
import { Send } from 'lucide-react'
import { useState } from 'react'
import { useMissingPermission } from '../../session.ts'
import { ActionButton } from '../../ui/action-button.tsx'
import { Kbd } from '../../ui/kbd.tsx'
import { formatCount } from '../../ui/money.tsx'
import { Net } from '../transactions/amount.tsx'
import { PushDialog } from './push-dialog.tsx'
import styles from './review.module.css'
import { SetDialog } from './set-dialog.tsx'
import type { Grid } from './use-grid.ts'
import type { ReviewActions } from './use-review-actions.ts'

const keys = [
  ['↑ ↓ ← →', 'move'],
  ['type', 'find'],
  ['Ctrl Enter', 'approve, next'],
  ['Ctrl D', 'copy from above'],
  ['Ctrl Z', 'undo'],
] as const

interface ReviewBarProps {
  grid: Grid
  actions: ReviewActions
  counts: ReviewCounts | undefined
  clientId: string | undefined
  /** Shows and hides why the row is coded so; null where there is nothing to explain. */
  onWhy: (() => void) | null
}

/** What can be done now: with the selected rows, and with everything approved. */
export function ReviewBar({ grid, actions, counts, clientId, onWhy }: ReviewBarProps) {
  const [setting, setSetting] = useState(false)
  const [pushing, setPushing] = useState(false)
  const [noMany, noPush] = [useMissingPermission('approve_many'), useMissingPermission('push')]
  const { selectedRows } = grid
  const approved = counts?.approved ?? 0
  return (
    <div className={styles.bar}>
      {selectedRows.length > 0 && (
        <>
          <span role="status">
            <strong>{formatCount(selectedRows.length)} selected</strong>{' '}
            <span className={styles.net}>
              <Net rows={selectedRows} />
            </span>
          </span>
          <span className={styles.divider} />
          <ActionButton variant="filled" unavailable={selectedRows.length > 1 ? noMany : null} onClick={grid.approveSelected}>
            Approve {formatCount(selectedRows.length)}&nbsp;&nbsp;
            <Kbd keys="Ctrl Shift Enter" plain />
          </ActionButton>
          <Button onClick={() => setSetting(true)}>Set…</Button>
        </>
      )}
      <span className={styles.keys} aria-hidden>
        {keys.map(([cap, what]) => (
          <span key={cap}>
            <Kbd keys={cap} /> {what}
          </span>
        ))}
      </span>
      <span className={styles.push}>
        {onWhy && (
          <Button variant="subtle" className={styles.whyButton ?? ''} aria-label="Why this row is coded so" onClick={onWhy}>
            Why&nbsp;&nbsp;
            <Kbd keys="Alt W" />
          </Button>
        )}
        <span>{formatCount(approved)} approved</span>
        {approved > 0 && (
          <ActionButton leftSection={<Send size={14} aria-hidden />} unavailable={noPush} onClick={() => setPushing(true)}>
            Push {formatCount(approved)}…
          </ActionButton>
        )}
      </span>
      <SetDialog rows={setting ? selectedRows : []} onClose={() => setSetting(false)} actions={actions} />
      <PushDialog opened={pushing} clientId={clientId} onClose={() => setPushing(false)} />
    </div>
  )
}
