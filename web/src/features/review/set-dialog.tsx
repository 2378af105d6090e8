import { Button, Modal, TextInput } from '@mantine/core'
import type { CodingInput } from '@ledgersync/shared/review'
import type { Transaction } from '@ledgersync/shared/transactions'
import { useState } from 'react'
import { ActionButton } from '../../ui/action-button.tsx'
import { formatCount } from '../../ui/money.tsx'
import { CodingSelect } from '../books/coding-select.tsx'
import { idOf, useCodingOptions } from '../books/options.ts'
import styles from './push-dialog.module.css'
import type { ReviewActions } from './use-review-actions.ts'

/** Sets vendor, category or memo of several rows at once. Opened by passing rows. */
export function SetDialog({ rows, onClose, actions }: { rows: readonly Transaction[]; onClose: () => void; actions: ReviewActions }) {
  return (
    <Modal
      opened={rows.length > 0}
      onClose={onClose}
      title={rows.length === 1 ? rows[0]?.description : `Set ${formatCount(rows.length)} rows`}
      size={440}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      {rows.length > 0 && <SetForm rows={rows} onClose={onClose} actions={actions} />}
    </Modal>
  )
}

function SetForm({ rows, onClose, actions }: { rows: readonly Transaction[]; onClose: () => void; actions: ReviewActions }) {
  const [vendor, setVendor] = useState<string | null>(null)
  const [category, setCategory] = useState<string | null>(null)
  const [memo, setMemo] = useState('')
  const [saving, setSaving] = useState(false)
  const first = rows[0]
  const clientId = first !== undefined && rows.every((row) => row.clientId === first.clientId) ? first.clientId : null
  const options = useCodingOptions(clientId)
  const coding: CodingInput = {
    ...(vendor !== null && { vendorId: idOf(vendor) }),
    ...(category !== null && (category.startsWith('category:') ? { categoryId: idOf(category) } : { booksAccountId: idOf(category) })),
    ...(memo.trim() !== '' && { memo: memo.trim() }),
  }
  const nothing = Object.keys(coding).length === 0
  const save = async () => {
    setSaving(true)
    await actions.toldCode(rows, coding)
    setSaving(false)
    onClose()
  }
  return (
    <form
      className={styles.fields}
      onSubmit={(event) => {
        event.preventDefault()
        if (!nothing) void save()
      }}
    >
      <CodingSelect label="Category" placeholder="Leave as it is" options={options.categories} value={category} onChange={setCategory} />
      {clientId === null ? (
        <p>These rows belong to several clients. Vendors and QuickBooks accounts are set for one client at a time.</p>
      ) : (
        <CodingSelect label="Vendor" placeholder="Leave as it is" options={options.vendors} value={vendor} onChange={setVendor} />
      )}
      <TextInput
        label="Memo"
        placeholder="Leave as it is"
        value={memo}
        maxLength={200}
        onChange={(event) => setMemo(event.currentTarget.value)}
      />
      <div className={styles.buttons}>
        <Button onClick={onClose}>Cancel</Button>
        <ActionButton type="submit" variant="filled" loading={saving} unavailable={nothing ? 'Choose a category, vendor or memo.' : null}>
          Set {formatCount(rows.length)}
        </ActionButton>
      </div>
    </form>
  )
}
