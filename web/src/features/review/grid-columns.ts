/** The columns of the review grid, left to right. */
export const columns = [
  { id: 'select', header: 'Select', width: '48px' },
  { id: 'date', header: 'Date', width: '72px' },
  { id: 'client', header: 'Client', width: '152px' },
  { id: 'account', header: 'Acct', width: '60px' },
  { id: 'description', header: 'Description', width: 'minmax(180px, 1fr)' },
  { id: 'amount', header: 'Amount', width: '112px' },
  { id: 'vendor', header: 'Vendor', width: '148px' },
  { id: 'category', header: 'Category', width: '164px' },
  { id: 'why', header: 'Why', width: '132px' },
] as const

export type ColumnId = (typeof columns)[number]['id']
export type EditableColumn = 'vendor' | 'category'

export const gridTemplate = columns.map((column) => column.width).join(' ')

export function isEditable(column: ColumnId): column is EditableColumn {
  return column === 'vendor' || column === 'category'
}

/** The column `steps` to the right, staying inside the grid. */
export function columnBeside(column: ColumnId, steps: number): ColumnId {
  const index = columns.findIndex(({ id }) => id === column) + steps
  return columns[Math.max(0, Math.min(columns.length - 1, index))]?.id ?? column
}

/** The id of a cell in the page, for `aria-activedescendant`. */
export function cellId(rowId: string, column: string): string {
  return `cell-${rowId}-${column}`
}
