import { Checkbox } from '@mantine/core'
import type { Transaction } from '@ledgersync/shared/transactions'
import { Check } from 'lucide-react'
import { None } from '../../ui/money.tsx'
import { formatDay } from '../../ui/time.ts'
import { Amount } from '../transactions/amount.tsx'
import { CellEditor } from './cell-editor.tsx'
import { cellId, type ColumnId, columns, gridTemplate, isEditable } from './grid-columns.ts'
import styles from './review.module.css'
import type { Editing, Grid } from './use-grid.ts'
import { WhyCell } from './why-cell.tsx'

interface GridRowProps {
  row: Transaction
  index: number
  /** Distance from the first row, px. */
  top: number
  /** The column the grid stands on, when it stands on this row. */
  column: ColumnId | null
  selected: boolean
  editing: Editing | null
  grid: Grid
}

/** One row of the grid. Approved rows stay, ticked and quiet. */
export function GridRow({ row, index, top, column, selected, editing, grid }: GridRowProps) {
  const approved = row.approvedAt !== null
  const onCell = (id: ColumnId, event: React.MouseEvent) => {
    grid.goTo(index, id)
    if (id === 'select') grid.toggle(row, event.shiftKey)
    else if (id === column && isEditable(id)) grid.edit(null)
    if (!(event.target instanceof HTMLInputElement)) focusGrid()
  }
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      aria-selected={selected}
      className={styles.row}
      data-approved={approved}
      data-current={column !== null}
      data-row={row.id}
      style={{ gridTemplateColumns: gridTemplate, transform: `translateY(${top}px)` }}
    >
      {columns.map(({ id }) => (
        <div
          key={id}
          id={cellId(row.id, id)}
          role="gridcell"
          aria-readonly={!isEditable(id)}
          className={styles.cell}
          data-column={id}
          data-current={id === column}
          onMouseDown={(event) => editing?.column !== id && event.preventDefault()}
          onClick={(event) => editing?.column !== id && onCell(id, event)}
        >
          {editing?.column === id ? (
            <CellEditor
              row={row}
              editing={editing}
              onEnd={(coding, after) => {
                grid.endEdit(coding, after)
                if (after !== 'leave') focusGrid()
              }}
            />
          ) : (
            <Cell row={row} column={id} selected={selected} />
          )}
        </div>
      ))}
    </div>
  )
}

function focusGrid(): void {
  document.querySelector<HTMLElement>('[data-review-grid]')?.focus({ preventScroll: true })
}

function Cell({ row, column, selected }: { row: Transaction; column: ColumnId; selected: boolean }) {
  switch (column) {
    case 'select':
      return row.approvedAt === null ? (
        <Checkbox aria-label={`Select ${row.description}`} tabIndex={-1} checked={selected} readOnly style={{ pointerEvents: 'none' }} />
      ) : (
        <Check size={16} aria-label="Approved" className={styles.tick} />
      )
    case 'date':
      return formatDay(row.date)
    case 'client':
      return <Cut text={row.clientName} />
    case 'account':
      return row.accountMask === null ? <Cut text={row.accountName} /> : <span title={row.accountName}>{row.accountMask}</span>
    case 'description':
      return <Cut text={row.description} />
    case 'amount':
      return <Amount row={row} />
    case 'vendor':
      return row.coding.vendorName === null ? <None label="No vendor" /> : <Cut text={row.coding.vendorName} />
    case 'category':
      return row.coding.categoryName === null ? <None label="No category" /> : <Cut text={row.coding.categoryName} />
    case 'why':
      return <WhyCell row={row} />
  }
}

function Cut({ text }: { text: string }) {
  return (
    <span className={styles.cut} title={text}>
      {text}
    </span>
  )
}
