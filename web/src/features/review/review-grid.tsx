import { Checkbox } from '@mantine/core'
import type { Transaction } from '@ledgersync/shared/transactions'
import { defaultRangeExtractor, useVirtualizer } from '@tanstack/react-virtual'
import { useCallback, useEffect, useRef } from 'react'
import { cellId, columns, gridTemplate } from './grid-columns.ts'
import { GridRow } from './grid-row.tsx'
import styles from './review.module.css'
import { type Grid, onGridKey } from './use-grid.ts'
import type { ReviewActions } from './use-review-actions.ts'

const rowHeight = 32

interface ReviewGridProps {
  rows: readonly Transaction[]
  grid: Grid
  actions: ReviewActions
  more: { hasMore: boolean; loading: boolean; load: () => void }
}

/**
 * The spreadsheet. It is one tab stop: the grid itself has the focus and points at the cell it stands on, so that rows may
 * come and go below it. Only rows in sight are in the page, and always the one it stands on.
 */
export function ReviewGrid({ rows, grid, actions, more }: ReviewGridProps) {
  const scroller = useRef<HTMLDivElement>(null)
  const { index, row: current, column, editing, selectedRows } = grid
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 16,
    scrollPaddingStart: rowHeight,
    getItemKey: (at) => rows[at]?.id ?? at,
    rangeExtractor: useCallback(
      (range: Parameters<typeof defaultRangeExtractor>[0]) => {
        const shown = defaultRangeExtractor(range)
        return shown.includes(index) || index >= range.count ? shown : [...shown, index].sort((one, other) => one - other)
      },
      [index],
    ),
  })
  const items = virtual.getVirtualItems()
  const at = useRef(index)
  at.current = index
  const place = current === null ? null : `${current.id} ${column}`
  useEffect(() => {
    if (place !== null) virtual.scrollToIndex(at.current, { align: 'auto' })
    // Only a move scrolls, never a change of the rows around
  }, [place, virtual])
  const last = items.at(-1)?.index ?? 0
  const { hasMore, loading, load } = more
  useEffect(() => {
    if (hasMore && !loading && last > rows.length - 40) load()
  }, [hasMore, loading, load, last, rows.length])
  return (
    <div className={styles.scroller} ref={scroller}>
      <div
        role="grid"
        aria-label="Transactions to review"
        aria-describedby="review-grid-help"
        aria-rowcount={rows.length + 1}
        aria-colcount={columns.length}
        aria-multiselectable
        aria-activedescendant={current === null ? undefined : cellId(current.id, column)}
        tabIndex={0}
        data-review-grid
        className={styles.grid}
        onKeyDown={(event) => onGridKey(event, grid, rows, actions)}
      >
        <Header allSelected={selectedRows.length > 0} onSelectAll={grid.selectAll} />
        <div role="rowgroup" className={styles.rows} style={{ height: virtual.getTotalSize() }}>
          {items.map(({ index: at, start }) => {
            const row = rows[at]
            if (row === undefined) return null
            const isCurrent = row.id === current?.id
            return (
              <GridRow
                key={row.id}
                row={row}
                index={at}
                top={start}
                column={isCurrent ? column : null}
                selected={grid.selected.has(row.id)}
                editing={isCurrent && editing?.rowId === row.id ? editing : null}
                grid={grid}
              />
            )
          })}
        </div>
      </div>
      <p id="review-grid-help" className="visually-hidden">
        Typing edits the vendor or category. Ctrl Enter approves the row. Press Escape and then Tab to leave the grid.
      </p>
    </div>
  )
}

function Header({ allSelected, onSelectAll }: { allSelected: boolean; onSelectAll: () => void }) {
  return (
    <div role="rowgroup" className={styles.head}>
      <div role="row" aria-rowindex={1} className={styles.headRow} style={{ gridTemplateColumns: gridTemplate }}>
        {columns.map(({ id, header }) => (
          <div key={id} role="columnheader" className={styles.headCell} data-column={id}>
            {id === 'select' ? (
              <Checkbox aria-label="Select all rows" tabIndex={-1} indeterminate={allSelected} checked={false} onChange={onSelectAll} />
            ) : (
              header
            )}
          </div>
        ))}
      </div>
    </div>
  )
}
