import { Popover } from '@mantine/core'
import type { CodingInput } from '@ledgersync/shared/review'
import type { Transaction } from '@ledgersync/shared/transactions'
import { useEffect, useId, useRef, useState } from 'react'
import { chordOf } from '../../ui/chord.ts'
import { Kbd } from '../../ui/kbd.tsx'
import { type CodingOption, findOptions, idOf, useCodingOptions } from '../books/options.ts'
import styles from './cell-editor.module.css'
import type { EditableColumn } from './grid-columns.ts'
import type { After, Editing } from './use-grid.ts'

/** More are found by typing. */
const optionsShown = 50

interface CellEditorProps {
  row: Transaction
  editing: Editing
  /** `null` leaves the row as it is. */
  onEnd: (coding: CodingInput | null, after: After) => void
}

/** The field in a vendor or category cell, with the choices that match what is typed. */
export function CellEditor({ row, editing, onEnd }: CellEditorProps) {
  const { column, typed } = editing
  const now = (column === 'vendor' ? row.coding.vendorName : row.coding.categoryName) ?? ''
  const [text, setText] = useState(typed ?? now)
  const [touched, setTouched] = useState(typed !== null)
  const [at, setAt] = useState(0)
  const options = useCodingOptions(row.clientId)[column === 'vendor' ? 'vendors' : 'categories']
  const found = options && findOptions(options, touched ? text : '').slice(0, optionsShown)
  const input = useRef<HTMLInputElement>(null)
  const listId = useId()
  useEffect(() => {
    input.current?.focus()
    if (typed === null) input.current?.select()
  }, [typed])

  const end = (option: CodingOption | undefined, after: After) => {
    if (!touched && option === undefined) onEnd(null, after)
    else if (touched && text.trim() === '')
      onEnd(column === 'vendor' ? { vendorId: null } : { categoryId: null, booksAccountId: null }, after)
    else if (option) onEnd(codingOf(option), after)
  }
  const onKey = (event: React.KeyboardEvent) => {
    const chord = chordOf(event)
    const chosen = touched ? found?.[at] : undefined
    const after = afterOf[chord]
    if (chord === 'ArrowDown' || chord === 'ArrowUp') {
      setTouched(true)
      if (!touched) setText('')
      setAt(touched ? Math.max(0, Math.min((found?.length ?? 1) - 1, at + (chord === 'ArrowDown' ? 1 : -1))) : 0)
    } else if (chord === 'Escape') onEnd(null, 'stay')
    else if (after !== undefined) end(chosen, after)
    else return
    event.preventDefault()
    event.stopPropagation()
  }
  return (
    <Popover opened position="bottom-start" width={296} offset={6} withinPortal shadow="md" trapFocus={false} returnFocus={false}>
      <Popover.Target>
        <input
          ref={input}
          className={styles.input}
          role="combobox"
          aria-label={`${column === 'vendor' ? 'Vendor' : 'Category'} of ${row.description}`}
          aria-expanded
          aria-controls={listId}
          aria-autocomplete="list"
          aria-activedescendant={touched && found?.[at] ? `${listId}-${at}` : undefined}
          value={text}
          onChange={(event) => {
            setText(event.currentTarget.value)
            setTouched(true)
            setAt(0)
          }}
          onKeyDown={onKey}
          onBlur={() => onEnd(null, 'leave')}
        />
      </Popover.Target>
      <Popover.Dropdown className={styles.dropdown} onMouseDown={(event) => event.preventDefault()}>
        <Choices
          id={listId}
          column={column}
          found={found}
          typed={touched ? text.trim() : ''}
          at={touched ? at : -1}
          onChoose={(option) => onEnd(codingOf(option), 'stay')}
        />
      </Popover.Dropdown>
    </Popover>
  )
}

const afterOf: Record<string, After> = { Enter: 'down', 'Ctrl+Enter': 'approve', Tab: 'right', 'Shift+Tab': 'left' }

/** What choosing an option sets. */
function codingOf({ value }: CodingOption): CodingInput {
  const id = idOf(value)
  if (value.startsWith('vendor:')) return { vendorId: id }
  return value.startsWith('category:') ? { categoryId: id } : { booksAccountId: id }
}

interface ChoicesProps {
  id: string
  column: EditableColumn
  found: CodingOption[] | undefined
  typed: string
  at: number
  onChoose: (option: CodingOption) => void
}

function Choices({ id, column, found, typed, at, onChoose }: ChoicesProps) {
  const list = useRef<HTMLDivElement>(null)
  useEffect(() => {
    list.current?.querySelector('[aria-selected=true]')?.scrollIntoView({ block: 'nearest' })
  }, [at])
  const nothing = column === 'vendor' ? 'No vendor has these words.' : 'No category or account has these words.'
  return (
    <>
      <div
        id={id}
        role="listbox"
        ref={list}
        tabIndex={0}
        className={styles.list}
        aria-label={column === 'vendor' ? 'Vendors' : 'Categories and accounts'}
      >
        {found?.map((option, index) => (
          <div key={option.value}>
            {option.group !== found[index - 1]?.group && column === 'category' && typed === '' && (
              <div className={styles.group} role="presentation">
                {option.group}
              </div>
            )}
            <div
              id={`${id}-${index}`}
              role="option"
              aria-selected={index === at}
              className={styles.option}
              onClick={() => onChoose(option)}
            >
              <Matched text={option.label} words={typed} />
              {option.hint !== null && <span className={styles.hint}>{option.hint}</span>}
            </div>
          </div>
        ))}
      </div>
      {found === undefined && <p className={styles.nothing}>Loading…</p>}
      {found?.length === 0 && <p className={styles.nothing}>{nothing}</p>}
      <p className={styles.keys} aria-hidden>
        <Kbd keys="Enter" /> set <Kbd keys="Ctrl Enter" /> set and approve <Kbd keys="Esc" /> cancel
      </p>
    </>
  )
}

/** The text with the first place of the typed words in bold. */
function Matched({ text, words }: { text: string; words: string }) {
  const start = words === '' ? -1 : text.toLowerCase().indexOf(words.toLowerCase())
  if (start === -1) return <span>{text}</span>
  const end = start + words.length
  return (
    <span>
      {text.slice(0, start)}
      <b>{text.slice(start, end)}</b>
      {text.slice(end)}
    </span>
  )
}
