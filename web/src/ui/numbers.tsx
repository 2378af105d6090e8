import type { ReactNode } from 'react'
import styles from './numbers.module.css'

interface NumbersProps {
  /** Heads of the columns; the first is that of the rows' names. */
  heads: readonly { label: string; isNumber?: boolean }[]
  rows: readonly { name: string; cells: readonly ReactNode[] }[]
}

/** The figures of a chart as a table, for whoever cannot see it or wants them exactly. */
export function Numbers({ heads, rows }: NumbersProps) {
  const alignOf = (column: number) => (heads[column]?.isNumber === true ? 'end' : undefined)
  return (
    <details className={styles.numbers}>
      <summary>Show numbers</summary>
      <div className={styles.frame}>
        <table>
          <thead>
            <tr>
              {heads.map(({ label }, column) => (
                <th key={label} scope="col" data-align={alignOf(column)}>
                  {label}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(({ name, cells }) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                {cells.map((cell, index) => (
                  <td key={heads[index + 1]?.label} data-align={alignOf(index + 1)}>
                    {cell}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  )
}
