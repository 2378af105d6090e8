import type { CodingInput } from '@ledgersync/shared/review'
import type { Transaction } from '@ledgersync/shared/transactions'
import { useRef, useState } from 'react'
import { chordOf } from '../../ui/chord.ts'
import { toast } from '../../ui/toasts.tsx'
import { type ColumnId, columnBeside, columns, type EditableColumn, isEditable } from './grid-columns.ts'
import type { ReviewActions } from './use-review-actions.ts'

/** The cell being edited; `typed` is the key that opened it, or null when the whole text is selected (F2). */
export interface Editing {
  rowId: string
  column: EditableColumn
  typed: string | null
}

/** Where an edit goes when it ends; `leave`: the person is already elsewhere. */
export type After = 'down' | 'right' | 'left' | 'approve' | 'stay' | 'leave'

/** Rows a page key moves by. */
const pageRows = 15

/** Place, selection, editing and keys of the review grid. The place is a row's id, so live updates do not move it. */
export function useGrid(rows: readonly Transaction[], actions: ReviewActions) {
  const [place, setPlace] = useState<{ rowId: string; column: ColumnId } | null>(null)
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set())
  const [editing, setEditing] = useState<Editing | null>(null)
  const anchor = useRef<string | null>(null)
  const leaving = useRef(false)
  const lastIndex = useRef(0)

  const found = rows.findIndex((row) => row.id === place?.rowId)
  // The row left the list: stand on what took its place
  const index = found === -1 ? Math.max(0, Math.min(lastIndex.current, rows.length - 1)) : found
  lastIndex.current = index
  const row = rows[index] ?? null
  const column = place?.column ?? 'category'

  const goTo = (nextIndex: number, nextColumn: ColumnId = column) => {
    const target = rows[Math.max(0, Math.min(rows.length - 1, nextIndex))]
    if (target) setPlace({ rowId: target.id, column: nextColumn })
  }
  const selectable = (one: Transaction) => one.approvedAt === null
  const toggle = (one: Transaction, extend = false) => {
    const from = extend ? rows.findIndex(({ id }) => id === anchor.current) : -1
    const to = rows.indexOf(one)
    const range = from === -1 ? [one] : rows.slice(Math.min(from, to), Math.max(from, to) + 1)
    const next = new Set(selected)
    for (const { id } of range.filter(selectable)) {
      if (from === -1 && next.has(id)) next.delete(id)
      else next.add(id)
    }
    anchor.current = one.id
    setSelected(next)
  }
  const extendTo = (nextIndex: number) => {
    const target = rows[nextIndex]
    if (!target || !row) return
    setSelected(new Set([...selected, ...[row, target].filter(selectable).map(({ id }) => id)]))
    anchor.current ??= row.id
    goTo(nextIndex)
  }
  const step = (after: After) => {
    if (after === 'down' || after === 'approve') goTo(index + 1)
    if (after === 'right') goTo(index, columnBeside(column, 1))
    if (after === 'left') goTo(index, columnBeside(column, -1))
  }
  const selectedRows = rows.filter((one) => selected.has(one.id) && selectable(one))
  const approveSelected = () => {
    setSelected(new Set())
    void actions.approve(selectedRows)
  }
  const endEdit = (coding: CodingInput | null, after: After) => {
    setEditing(null)
    if (row === null) return
    const change = coding === null ? Promise.resolve([row]) : actions.code([row], coding)
    void change.then((changed) => (after === 'approve' ? actions.approve(changed) : undefined))
    step(after)
  }
  return {
    row,
    index,
    column,
    selected,
    selectedRows,
    editing,
    leaving,
    goTo,
    toggle,
    extendTo,
    step,
    setSelected,
    approveSelected,
    endEdit,
    edit: (typed: string | null) => {
      if (row && isEditable(column)) setEditing({ rowId: row.id, column, typed })
    },
    selectAll: () => setSelected(selectedRows.length > 0 ? new Set() : new Set(rows.filter(selectable).map(({ id }) => id))),
  }
}
export type Grid = ReturnType<typeof useGrid>

/** The keys of the grid while no cell is edited. Typing always types; whatever changes money carries a modifier. */
export function onGridKey(event: React.KeyboardEvent, grid: Grid, rows: readonly Transaction[], actions: ReviewActions): void {
  const { row, index, column } = grid
  if (row === null || event.target !== event.currentTarget) return
  const chord = chordOf(event)
  const editable = isEditable(column)
  const moves: Record<string, () => void> = {
    ArrowUp: () => grid.goTo(index - 1),
    ArrowDown: () => grid.goTo(index + 1),
    ArrowLeft: () => grid.goTo(index, columnBeside(column, -1)),
    ArrowRight: () => grid.goTo(index, columnBeside(column, 1)),
    Home: () => grid.goTo(index, 'select'),
    End: () => grid.goTo(index, 'why'),
    'Ctrl+Home': () => grid.goTo(0),
    'Ctrl+End': () => grid.goTo(rows.length - 1),
    PageUp: () => grid.goTo(index - pageRows),
    PageDown: () => grid.goTo(index + pageRows),
    'Shift+ArrowUp': () => grid.extendTo(index - 1),
    'Shift+ArrowDown': () => grid.extendTo(index + 1),
    Enter: () => grid.step('down'),
    F2: () => grid.edit(null),
    'Ctrl+a': grid.selectAll,
    'Ctrl+Enter': () => {
      void actions.approve([row])
      grid.step('down')
    },
    'Ctrl+Shift+Enter': grid.approveSelected,
    'Ctrl+d': () => copyFromAbove(grid, rows, actions),
    'Ctrl+z': () => void actions.undo(),
    ' ': () => grid.toggle(row),
    'Shift+ ': () => grid.toggle(row, true),
    Delete: () =>
      void (editable && actions.toldCode([row], column === 'vendor' ? { vendorId: null } : { categoryId: null, booksAccountId: null })),
  }
  if (chord === 'Tab' || chord === 'Shift+Tab') return tab(event, grid, rows.length)
  if (chord === 'Escape') {
    if (grid.selected.size > 0) grid.setSelected(new Set())
    else grid.leaving.current = true
    return
  }
  grid.leaving.current = false
  const move = moves[chord]
  const types = editable && chord.length === 1 && chord !== ' '
  if (move === undefined && !types) return
  event.preventDefault()
  if (move) move()
  else grid.edit(chord)
}

/** Tab goes through the cells; past the last one, and after Esc, it leaves the grid. */
function tab(event: React.KeyboardEvent, grid: Grid, rowCount: number): void {
  const steps = event.shiftKey ? -1 : 1
  const next = columnBeside(grid.column, steps)
  const wraps = next === grid.column
  const end = wraps && (event.shiftKey ? grid.index === 0 : grid.index === rowCount - 1)
  if (grid.leaving.current || end) {
    grid.leaving.current = false
    return
  }
  event.preventDefault()
  if (wraps) grid.goTo(grid.index + steps, event.shiftKey ? (columns.at(-1)?.id ?? 'why') : columns[0].id)
  else grid.goTo(grid.index, next)
}

/** Vendors and accounts belong to one client; a category of the firm can be copied between clients. */
function copyFromAbove(grid: Grid, rows: readonly Transaction[], actions: ReviewActions): void {
  const { row, index, column } = grid
  const above = rows[index - 1]
  if (row === null || above === undefined) return
  const sameClient = above.clientId === row.clientId
  const { vendorId, categoryId, booksAccountId } = above.coding
  const category = categoryId !== null ? { categoryId } : { booksAccountId }
  const coding: CodingInput = {
    ...(column !== 'category' && sameClient && { vendorId }),
    ...(column !== 'vendor' && (sameClient || categoryId !== null) && category),
  }
  if (Object.keys(coding).length > 0) void actions.toldCode([row], coding)
  else
    toast({
      tone: 'warn',
      title: 'Not copied',
      detail: `The row above belongs to ${above.clientName}, which has its own vendors and accounts.`,
    })
}
