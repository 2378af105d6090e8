import { Button, NativeSelect } from '@mantine/core'
import { type Upload, type UploadField, uploadFields, uploadFieldWords, uploads } from '@ledgersync/shared/uploads'
import { useMutation } from '@tanstack/react-query'
import { useId, useState } from 'react'
import { call } from '../../api.ts'
import { invalidate } from '../../query.ts'
import { ErrorState, Notice } from '../../ui/states.tsx'
import { ChoiceCards } from '../clients/choice-cards.tsx'
import styles from './upload.module.css'
import { counted } from './words.ts'

/** Says what each column means. A field that is chosen for one column leaves the other that had it. */
export function MatchColumns({ upload, onMatched }: { upload: Upload; onMatched: () => void }) {
  const [fields, setFields] = useState(upload.columns.map(({ field }) => field))
  const [staffHaveAccess, setStaffHaveAccess] = useState(upload.staffHaveAccess)
  const match = useMutation({
    mutationFn: () => call(uploads.match, { params: { uploadId: upload.id }, body: { fields, staffHaveAccess } }),
    onSuccess: async () => {
      await invalidate([uploads.get, uploads.rows, uploads.list])
      onMatched()
    },
  })
  const choose = (column: number, field: UploadField | null) =>
    setFields((before) => before.map((each, index) => (index === column ? field : each === field ? null : each)))
  return (
    <form
      className={styles.sections}
      onSubmit={(event) => {
        event.preventDefault()
        match.mutate()
      }}
    >
      {upload.notes.length > 0 && (
        <div className={styles.notes}>
          {upload.notes.map((note) => (
            <Notice key={note} tone="info">
              {note}
            </Notice>
          ))}
        </div>
      )}
      <section className={styles.section}>
        <h2>What do the columns mean?</h2>
        <ul className={styles.columns} aria-label="Columns">
          {upload.columns.map(({ header, samples }, column) => (
            <ColumnRow
              key={column}
              header={header}
              samples={samples}
              field={fields[column] ?? null}
              onChange={(field) => choose(column, field)}
            />
          ))}
        </ul>
      </section>
      <section className={styles.section}>
        <ChoiceCards
          label="Do you have the bank logins of these clients?"
          name="staffHaveAccess"
          value={staffHaveAccess ? 'yes' : 'no'}
          onChange={(value) => setStaffHaveAccess(value === 'yes')}
          choices={[
            { value: 'no', name: 'No, they connect their banks', detail: 'E-mail and cell phone are needed.' },
            { value: 'yes', name: 'Yes, we have client access', detail: 'E-mail and phone are optional.' },
          ]}
        />
        <p className={styles.hint}>It holds for every row in which no column says otherwise.</p>
      </section>
      {match.isError && <ErrorState error={match.error} title="The columns were not taken" />}
      <div className={styles.row}>
        <Button type="submit" variant="filled" loading={match.isPending}>
          Check {counted(upload.counts.rows, 'row')}
        </Button>
        <span className={styles.hint}>Nothing is added yet.</span>
      </div>
    </form>
  )
}

interface ColumnRowProps {
  header: string
  samples: string[]
  field: UploadField | null
  onChange: (field: UploadField | null) => void
}

function ColumnRow({ header, samples, field, onChange }: ColumnRowProps) {
  const id = useId()
  return (
    <li className={styles.column}>
      <div>
        <label htmlFor={id} className={field === null ? styles.unused : undefined}>
          {header}
        </label>
        <div className={styles.samples}>{samples.length === 0 ? 'Empty in the first rows' : samples.join(' · ')}</div>
      </div>
      <NativeSelect
        id={id}
        value={field ?? ''}
        onChange={({ currentTarget }) => onChange(uploadFields.find((each) => each === currentTarget.value) ?? null)}
        data={[{ value: '', label: 'Not used' }, ...uploadFields.map((value) => ({ value, label: uploadFieldWords[value].label }))]}
      />
    </li>
  )
}
