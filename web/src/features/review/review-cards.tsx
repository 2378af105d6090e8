import { Button } from '@mantine/core'
import type { Transaction } from '@ledgersync/shared/transactions'
import { useVirtualizer } from '@tanstack/react-virtual'
import { Check } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { formatDay } from '../../ui/time.ts'
import { Amount } from '../transactions/amount.tsx'
import { blockerWords } from '../transactions/words.ts'
import styles from './review.module.css'
import { SetDialog } from './set-dialog.tsx'
import type { ReviewActions } from './use-review-actions.ts'
import { WhyCell } from './why-cell.tsx'

interface ReviewCardsProps {
  rows: readonly Transaction[]
  actions: ReviewActions
  more: { hasMore: boolean; loading: boolean; load: () => void }
}

/** The queue on a phone: a card a row, with Approve. Only cards in sight are in the page. */
export function ReviewCards({ rows, actions, more }: ReviewCardsProps) {
  const [setting, setSetting] = useState<Transaction | null>(null)
  const list = useRef<HTMLUListElement>(null)
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => list.current,
    estimateSize: () => 168,
    overscan: 6,
    getItemKey: (at) => rows[at]?.id ?? at,
  })
  const items = virtual.getVirtualItems()
  const last = items.at(-1)?.index ?? 0
  const { hasMore, loading, load } = more
  useEffect(() => {
    if (hasMore && !loading && last > rows.length - 12) load()
  }, [hasMore, loading, load, last, rows.length])
  const before = items[0]?.start ?? 0
  const after = virtual.getTotalSize() - (items.at(-1)?.end ?? 0)
  return (
    <>
      <ul className={styles.cards} ref={list} aria-label="Transactions to review" style={{ paddingBlock: `${before}px ${after}px` }}>
        {items.map(({ index }) => {
          const row = rows[index]
          return (
            row && (
              <Card key={row.id} row={row} index={index} measure={virtual.measureElement} actions={actions} onSet={() => setSetting(row)} />
            )
          )
        })}
      </ul>
      <SetDialog rows={setting === null ? [] : [setting]} onClose={() => setSetting(null)} actions={actions} />
    </>
  )
}

interface CardProps {
  row: Transaction
  index: number
  measure: (element: HTMLLIElement | null) => void
  actions: ReviewActions
  onSet: () => void
}

function Card({ row, index, measure, actions, onSet }: CardProps) {
  const approved = row.approvedAt !== null
  const { vendorName, categoryName } = row.coding
  const blocker = row.blockers[0]
  return (
    <li className={styles.card} data-approved={approved} data-index={index} ref={measure}>
      <div className={styles.cardLine}>
        <strong>{row.description}</strong>
        <strong>
          <Amount row={row} />
        </strong>
      </div>
      <div className={styles.cardLine}>
        <span>{[vendorName, categoryName ?? 'No category'].filter((one) => one !== null).join(' · ')}</span>
        <WhyCell row={row} />
      </div>
      <div className={styles.cardSecond}>
        {formatDay(row.date)} · {row.clientName}
      </div>
      {blocker !== undefined && categoryName !== null && <div>{blockerWords[blocker].sentence(row)}</div>}
      <div className={styles.cardButtons}>
        {approved ? (
          <Button
            size="lg"
            leftSection={<Check size={16} aria-hidden className={styles.tick} />}
            onClick={() => void actions.unapprove([row.id])}
          >
            Approved. Take it back
          </Button>
        ) : (
          <>
            <Button size="lg" onClick={() => void actions.approve([row])}>
              Approve
            </Button>
            <Button size="lg" onClick={onSet} aria-label={`Set ${row.description}`}>
              Set…
            </Button>
          </>
        )}
      </div>
    </li>
  )
}
