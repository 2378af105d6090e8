import { Checkbox } from '@mantine/core'
import { useCallback, useRef } from 'react'

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

/** A row's box, where rows can be ticked. */
export interface Ticked {
  index: number
  selected: boolean | undefined
  name?: string
  onToggle?: (index: number, event: React.ChangeEvent<HTMLInputElement>) => void
}

/** Ticks every row that matches; beside its words on a phone. */
export function SelectAll<Row>({ selection: { state, toggleAll }, label }: { selection: RowSelection<Row>; label?: string }) {
  return (
    <Checkbox
      {...(label === undefined ? { size: 'xs', 'aria-label': 'All that match' } : { label })}
      checked={state === 'all'}
      indeterminate={state === 'some'}
      onChange={toggleAll}
    />
  )
}

/** Ticks a row; with Shift, the rows since the one before as well. */
export function useRangeToggle<Row>(rows: Row[], selection: RowSelection<Row> | undefined) {
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
