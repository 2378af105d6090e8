import type { GroupClient } from '@ledgersync/shared/groups'
import { Link } from '@tanstack/react-router'
import { useVirtualizer } from '@tanstack/react-virtual'
import { useEffect, useRef } from 'react'
import { paths } from '../paths.ts'
import { HealthMark } from '../ui/health-mark.tsx'
import { formatCount } from '../ui/money.tsx'
import styles from './sidebar.module.css'

export const rowHeight = 28

/** One client of the sidebar: health, name, and how much waits for review. */
export function ClientLink({ row, rail, style }: { row: GroupClient; rail: boolean; style?: React.CSSProperties }) {
  return (
    <Link
      to={paths.client}
      params={{ clientId: row.id }}
      className={styles.row}
      activeOptions={{ includeSearch: false }}
      title={rail ? row.businessName : undefined}
      style={style}
    >
      <HealthMark health={row.health} named />
      <span className={rail ? 'visually-hidden' : styles.name}>{row.businessName}</span>
      {!rail && row.toReview > 0 && (
        <span className={styles.count}>
          {formatCount(row.toReview)}
          <span className="visually-hidden"> to review</span>
        </span>
      )}
    </Link>
  )
}

/** Many clients, of which only those near the window are drawn; the end asks for more. */
export function ClientLinks({ rows, rail, onEnd }: { rows: GroupClient[]; rail: boolean; onEnd: () => void }) {
  const scroll = useRef<HTMLDivElement>(null)
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => rowHeight,
    overscan: 10,
  })
  const items = virtual.getVirtualItems()
  const atEnd = (items.at(-1)?.index ?? 0) >= rows.length - 20
  useEffect(() => {
    if (atEnd) onEnd()
  }, [atEnd, onEnd])
  return (
    <div ref={scroll} className={styles.scroll} tabIndex={-1}>
      <div style={{ height: virtual.getTotalSize(), position: 'relative' }}>
        {items.map(({ index, start }) => {
          const row = rows[index]
          return row && <ClientLink key={row.id} row={row} rail={rail} style={{ position: 'absolute', top: start, insetInline: 0 }} />
        })}
      </div>
    </div>
  )
}
