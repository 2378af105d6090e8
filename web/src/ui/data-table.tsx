import { Checkbox } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { ArrowDown, ArrowUp } from 'lucide-react'
import { memo } from 'react'
import { type CardParts, Cards } from './data-cards.tsx'
import { ListEnd, type More } from './list-end.tsx'
import { type RowSelection, SelectAll, type Ticked, useRangeToggle } from './row-selection.tsx'
import { SkeletonRows } from './states.tsx'
import { useVirtualRows } from './use-virtual-rows.ts'
import styles from './data-table.module.css'

export interface Column<Row> {
  id: string
  header: React.ReactNode
  cell: (row: Row) => React.ReactNode
  /** CSS width; columns without share what is left. */
  width?: string
  /** Numbers and their headers stand at the right. */
  align?: 'end'
  /** The header orders the list: how it does now, and what a click does. */
  sort?: { direction: 'ascending' | 'descending' | null; onSort: () => void }
}

interface DataTableProps<Row> {
  /** What the table lists, for those who do not see it. */
  label: string
  columns: Column<Row>[]
  /** `undefined` while the first page is on its way. */
  rows: Row[] | undefined
  rowKey: (row: Row) => string
  card: (row: Row) => CardParts
  /** Shown instead of the table when there are no rows: an EmptyState or NoResults. */
  empty: React.ReactNode
  /** Shown instead of the table: an ErrorState. */
  error?: React.ReactNode
  /** Always visible buttons at the end of each row. */
  actions?: (row: Row) => React.ReactNode
  actionsWidth?: string
  isSelected?: (row: Row) => boolean
  selection?: RowSelection<Row>
  more?: More
  rowHeight?: number
  /** Below this width the table scrolls inside itself. */
  minWidth?: number
}

/** One table for all lists: header 32, rows 40, virtual when long, cards below 600 px. */
export function DataTable<Row>(props: DataTableProps<Row>) {
  const { rows, error, empty, rowHeight = 40 } = props
  const narrow = useMediaQuery('(max-width: 600px)', false, { getInitialValueInEffect: false })
  if (error) return <div className={styles.outside}>{error}</div>
  if (rows === undefined) return <SkeletonRows height={rowHeight} />
  if (rows.length === 0) return empty
  return narrow ? <Cards {...props} rows={rows} /> : <Table {...props} rows={rows} rowHeight={rowHeight} />
}

type Filled<Row> = DataTableProps<Row> & { rows: Row[] }

function Table<Row>(props: Filled<Row> & { rowHeight: number }) {
  const { label, columns, rows, rowKey, actions, actionsWidth = '180px', isSelected, selection, more, rowHeight, minWidth = 720 } = props
  const { body, items, before, after } = useVirtualRows(rows.length, rowHeight)
  const span = columns.length + (actions ? 1 : 0) + (selection ? 1 : 0)
  const toggle = useRangeToggle(rows, selection)
  return (
    <>
      <div className={styles.scroll}>
        <table className={styles.table} aria-label={label} aria-rowcount={rows.length + 1} style={{ minWidth }}>
          <colgroup>
            {selection && <col style={{ width: 'calc(var(--gutter) + 36px)' }} />}
            {columns.map((column) => (
              <col key={column.id} style={{ width: column.width }} />
            ))}
            {actions && <col style={{ width: actionsWidth }} />}
          </colgroup>
          <thead>
            <tr>
              {selection && (
                <th scope="col">
                  <SelectAll selection={selection} />
                </th>
              )}
              {columns.map((column) => (
                <HeaderCell key={column.id} {...column} />
              ))}
              {actions && (
                <th scope="col">
                  <span className="visually-hidden">Actions</span>
                </th>
              )}
            </tr>
          </thead>
          <tbody ref={body} onKeyDown={moveBetweenRows}>
            {before > 0 && <Spacer height={before} span={span} />}
            {items.map((index) => {
              const row = rows[index]
              if (row === undefined) return null
              return (
                <TableRow
                  key={rowKey(row)}
                  row={row}
                  index={index}
                  columns={columns}
                  rowHeight={rowHeight}
                  selected={selection?.has(row) ?? isSelected?.(row)}
                  {...(actions && { actions })}
                  {...(selection && { name: selection.nameOf(row), onToggle: toggle })}
                />
              )
            })}
            {after > 0 && <Spacer height={after} span={span} />}
          </tbody>
        </table>
      </div>
      {more && <ListEnd {...more} />}
    </>
  )
}

interface TableRowProps<Row> extends Ticked {
  row: Row
  columns: Column<Row>[]
  rowHeight: number
  actions?: (row: Row) => React.ReactNode
}

function PlainRow<Row>({ row, index, columns, rowHeight, selected, actions, name, onToggle }: TableRowProps<Row>) {
  return (
    <tr style={{ height: rowHeight }} aria-rowindex={index + 2} data-selected={selected}>
      {name !== undefined && (
        <td>
          <Checkbox size="xs" aria-label={name} checked={selected ?? false} onChange={(event) => onToggle?.(index, event)} />
        </td>
      )}
      {columns.map((column) => (
        <td key={column.id} data-align={column.align}>
          {column.cell(row)}
        </td>
      ))}
      {actions && (
        <td>
          <div className={styles.rowActions}>{actions(row)}</div>
        </td>
      )}
    </tr>
  )
}

/**
 * Rendered again only when the row itself changes: a long list is scrolled past thousands of them. `memo` forgets the parameter of
 * a generic component, which stays what it was.
 */
const TableRow = memo(PlainRow) as typeof PlainRow

function HeaderCell<Row>({ header, align, sort }: Column<Row>) {
  if (sort === undefined) {
    return (
      <th scope="col" data-align={align}>
        {header}
      </th>
    )
  }
  const { direction, onSort } = sort
  const Arrow = direction === 'descending' ? ArrowDown : ArrowUp
  return (
    <th scope="col" data-align={align} aria-sort={direction ?? 'none'}>
      <button type="button" className={styles.sort} onClick={onSort}>
        {header}
        {direction !== null && <Arrow size={12} aria-hidden />}
      </button>
    </th>
  )
}

function Spacer({ height, span }: { height: number; span: number }) {
  return (
    <tr aria-hidden className={styles.spacer}>
      <td colSpan={span} style={{ height }} />
    </tr>
  )
}

/** ↑ and ↓ go to the same control of the row above or below. */
function moveBetweenRows(event: React.KeyboardEvent<HTMLTableSectionElement>) {
  if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return
  if (!(event.target instanceof HTMLElement) || event.target.closest('input:not([type=checkbox]), select, textarea, [role=menu]')) return
  const row = event.target.closest('tr')
  const next = event.key === 'ArrowDown' ? row?.nextElementSibling : row?.previousElementSibling
  if (!row || !next) return
  const controls = [...row.querySelectorAll<HTMLElement>('a, button, input')]
  const there = [...next.querySelectorAll<HTMLElement>('a, button, input')]
  const target = there[Math.max(0, controls.indexOf(event.target))] ?? there[0]
  if (target === undefined) return
  event.preventDefault()
  target.focus()
}
