import { Checkbox } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { ArrowDown, ArrowUp } from 'lucide-react'
import { memo, useCallback, useEffect, useRef } from 'react'
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

/** Rows that can be ticked, for what is done to many at once. */
export interface RowSelection<Row> {
  state: 'none' | 'some' | 'all'
  has: (row: Row) => boolean
  /** `rows` are those from the one ticked before to this one, when Shift was held. */
  toggle: (row: Row, rows: Row[]) => void
  toggleAll: () => void
  /** Name of a row's box. */
  nameOf: (row: Row) => string
}

/** What a row shows on a phone: name and state on line one, time and counts on line two, actions below. */
export interface CardParts {
  title: React.ReactNode
  state?: React.ReactNode
  meta?: React.ReactNode
  figures?: React.ReactNode
  actions?: React.ReactNode
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
  /** Fetches the next page when the end comes into view. */
  more?: { hasMore: boolean; loading: boolean; load: () => void }
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

function Cards<Row>({ label, rows, rowKey, card, more }: Filled<Row>) {
  return (
    <>
      <ul className={styles.cards} aria-label={label}>
        {rows.map((row) => (
          <Card key={rowKey(row)} row={row} card={card} />
        ))}
      </ul>
      {more && <End {...more} />}
    </>
  )
}

function PlainCard<Row>({ row, card }: { row: Row; card: (row: Row) => CardParts }) {
  const { title, state, meta, figures, actions } = card(row)
  return (
    <li className={styles.card}>
      <div className={styles.cardLine}>
        <div className={styles.cardTitle}>{title}</div>
        <div>{state}</div>
      </div>
      <div className={styles.cardLine} data-second>
        <div className={styles.cardTitle}>{meta}</div>
        <div>{figures}</div>
      </div>
      {actions && <div className={styles.cardActions}>{actions}</div>}
    </li>
  )
}

/** Like {@link TableRow}. */
const Card = memo(PlainCard) as typeof PlainCard

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
                  <Checkbox
                    size="xs"
                    aria-label="All that match"
                    checked={selection.state === 'all'}
                    indeterminate={selection.state === 'some'}
                    onChange={selection.toggleAll}
                  />
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
      {more && <End {...more} />}
    </>
  )
}

interface TableRowProps<Row> {
  row: Row
  index: number
  columns: Column<Row>[]
  rowHeight: number
  selected: boolean | undefined
  actions?: (row: Row) => React.ReactNode
  /** Of its box, where rows can be ticked. */
  name?: string
  onToggle?: (index: number, event: React.ChangeEvent<HTMLInputElement>) => void
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

/** Ticks a row; with Shift, the rows since the one before as well. */
function useRangeToggle<Row>(rows: Row[], selection: RowSelection<Row> | undefined) {
  const anchor = useRef(0)
  return useCallback(
    (index: number, event: React.ChangeEvent<HTMLInputElement>) => {
      const row = rows[index]
      if (row === undefined || selection === undefined) return
      // A checkbox changes by a click, or by the space bar, which the browser tells as one
      const shift = event.nativeEvent instanceof MouseEvent && event.nativeEvent.shiftKey
      const [from, to] = shift ? [Math.min(anchor.current, index), Math.max(anchor.current, index)] : [index, index]
      anchor.current = index
      selection.toggle(row, rows.slice(from, to + 1))
    },
    [rows, selection],
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

/** Loads the next page when it comes into view. */
function End({ hasMore, loading, load }: { hasMore: boolean; loading: boolean; load: () => void }) {
  const element = useRef<HTMLDivElement>(null)
  const onSeen = useCallback(() => {
    if (hasMore && !loading) load()
  }, [hasMore, loading, load])
  useEffect(() => {
    if (element.current === null) return
    const observer = new IntersectionObserver((entries) => entries.some((entry) => entry.isIntersecting) && onSeen(), {
      rootMargin: '600px',
    })
    observer.observe(element.current)
    return () => observer.disconnect()
  }, [onSeen])
  return <div ref={element}>{loading && <SkeletonRows rows={3} />}</div>
}
