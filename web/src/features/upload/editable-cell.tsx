import { TextInput } from '@mantine/core'
import { uploads } from '@ledgersync/shared/uploads'
import { useMutation } from '@tanstack/react-query'
import { useId, useRef, useState } from 'react'
import { call } from '../../api.ts'
import { invalidate } from '../../query.ts'
import { toastError } from '../../ui/toasts.tsx'
import { showRow } from './rows-shown.ts'
import styles from './upload.module.css'

interface EditableCellProps {
  uploadId: string
  row: number
  column: number
  /** What the column means. */
  label: string
  value: string
  /** What is wrong with it; null when nothing is. */
  problem: string | null
  /** Told as a new value is sent. */
  onSave: (row: number) => void
}

const charactersMax = 1_000

/** A cell that becomes a field when it is pressed. Enter and leaving it save, Esc takes back. */
export function EditableCell({ uploadId, row, column, label, value, problem, onSave }: EditableCellProps) {
  const [draft, setDraft] = useState<string | null>(null)
  const problemId = useId()
  const returnsFocus = useRef(false)
  const save = useMutation({
    mutationFn: (next: string) => call(uploads.setCell, { params: { uploadId }, body: { row, column, value: next } }),
    onSuccess: (answered) => {
      showRow(uploadId, answered)
      return invalidate([uploads.get, uploads.rows])
    },
    onError: (error, next) => {
      setDraft(next)
      toastError(error, `${label} of row ${row} was not saved`)
    },
  })
  const finish = () => {
    if (draft === null) return
    setDraft(null)
    if (draft.trim() === value) return
    onSave(row)
    save.mutate(draft)
  }
  const shown = save.isPending ? save.variables : value
  const name = `${label} of row ${row}`
  return (
    <>
      {draft === null ? (
        <button
          type="button"
          // Who typed goes on from here; who clicked elsewhere is there already
          ref={(button) => {
            if (returnsFocus.current) button?.focus()
            returnsFocus.current = false
          }}
          className={styles.cell}
          data-row={row}
          data-bad={problem !== null && !save.isPending}
          aria-label={`${name}: ${shown === '' ? 'empty' : shown}`}
          aria-describedby={problem === null ? undefined : problemId}
          title={shown}
          onClick={() => setDraft(shown)}
        >
          {shown}
        </button>
      ) : (
        <TextInput
          size="sm"
          aria-label={name}
          aria-describedby={problem === null ? undefined : problemId}
          autoFocus
          maxLength={charactersMax}
          value={draft}
          onChange={({ currentTarget }) => setDraft(currentTarget.value)}
          // What a key has ended leaves the field once more as it goes
          onBlur={() => !returnsFocus.current && finish()}
          onKeyDown={(event) => {
            if (event.key !== 'Enter' && event.key !== 'Escape') return
            returnsFocus.current = true
            // The same key would press the button that takes the place of the field, and open it anew
            event.preventDefault()
            if (event.key === 'Enter') return finish()
            event.stopPropagation()
            setDraft(null)
          }}
        />
      )}
      {problem !== null && !save.isPending && (
        <span id={problemId} className={styles.problem}>
          {problem}
        </span>
      )}
    </>
  )
}
