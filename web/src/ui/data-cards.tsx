import { Checkbox } from '@mantine/core'
import { memo } from 'react'
import { ListEnd, type More } from './list-end.tsx'
import { type RowSelection, SelectAll, type Ticked, useRangeToggle } from './row-selection.tsx'
import styles from './data-table.module.css'

/** What a row shows on a phone: name and state on line one, time and counts on line two, actions below. */
export interface CardParts {
  title: React.ReactNode
  state?: React.ReactNode
  meta?: React.ReactNode
  figures?: React.ReactNode
  actions?: React.ReactNode
}

interface CardsProps<Row> {
  label: string
  rows: Row[]
  rowKey: (row: Row) => string
  card: (row: Row) => CardParts
  selection?: RowSelection<Row>
  more?: More
}

/** The rows of a list below each other, for a narrow window. */
export function Cards<Row>({ label, rows, rowKey, card, selection, more }: CardsProps<Row>) {
  const toggle = useRangeToggle(rows, selection)
  return (
    <>
      {selection && (
        <div className={styles.cardsHead}>
          <SelectAll selection={selection} label="Select all that match" />
        </div>
      )}
      <ul className={styles.cards} aria-label={label}>
        {rows.map((row, index) => (
          <Card
            key={rowKey(row)}
            row={row}
            index={index}
            card={card}
            selected={selection?.has(row)}
            {...(selection && { name: selection.nameOf(row), onToggle: toggle })}
          />
        ))}
      </ul>
      {more && <ListEnd {...more} />}
    </>
  )
}

interface CardProps<Row> extends Ticked {
  row: Row
  card: (row: Row) => CardParts
}

function PlainCard<Row>({ row, index, card, selected, name, onToggle }: CardProps<Row>) {
  const { title, state, meta, figures, actions } = card(row)
  return (
    <li className={styles.card} data-selected={selected}>
      <div className={styles.cardLine}>
        {name !== undefined && (
          <Checkbox
            className={styles.cardBox}
            aria-label={name}
            checked={selected ?? false}
            onChange={(event) => onToggle?.(index, event)}
          />
        )}
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

/** Like the rows of a table: drawn again only when the row itself changes. */
const Card = memo(PlainCard) as typeof PlainCard
