import { Button, Menu, Modal, TextInput } from '@mantine/core'
import { clientList, type SavedFilter } from '@ledgersync/shared/client-list'
import { useMutation } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { Bookmark, Plus, X } from 'lucide-react'
import { useState } from 'react'
import { call } from '../../api.ts'
import { paths } from '../../paths.ts'
import { invalidate } from '../../query.ts'
import { toast, toastError } from '../../ui/toasts.tsx'
import { wordsFor } from '../../words.ts'
import { addressOfFilter, filterOf, type ListSearch } from './list-address.ts'
import styles from './list-page.module.css'

/** The person's own filters by name, and the way to keep the one that is set. */
export function SavedFilters({ filters, address }: { filters: readonly SavedFilter[]; address: ListSearch }) {
  const navigate = useNavigate()
  const [naming, setNaming] = useState(false)
  const remove = useMutation({
    mutationFn: (filter: SavedFilter) => call(clientList.removeFilter, { params: { filterId: filter.id } }),
    onSuccess: (_nothing, { name }) => toast({ title: `“${name}” is removed` }),
    onError: (error) => toastError(error, 'The filter was not removed'),
    onSettled: () => invalidate([clientList.settings]),
  })
  return (
    <>
      <Menu position="bottom-end" width={264}>
        <Menu.Target>
          <Button size="sm" leftSection={<Bookmark size={14} aria-hidden />}>
            Saved
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {filters.length === 0 && <p className={styles.menuHint}>Save filters and order under a name and find them here.</p>}
          {filters.map((filter) => (
            <div key={filter.id} className={styles.savedRow}>
              <Menu.Item onClick={() => void navigate({ to: paths.clients, search: addressOfFilter(filter.query) })}>
                {filter.name}
              </Menu.Item>
              <Menu.Item w="auto" closeMenuOnClick={false} aria-label={`Remove ${filter.name}`} onClick={() => remove.mutate(filter)}>
                <X size={14} aria-hidden />
              </Menu.Item>
            </div>
          ))}
          <Menu.Divider />
          <Menu.Item leftSection={<Plus size={14} aria-hidden />} onClick={() => setNaming(true)}>
            Save this filter…
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {naming && <NameFilter address={address} onClose={() => setNaming(false)} />}
    </>
  )
}

function NameFilter({ address, onClose }: { address: ListSearch; onClose: () => void }) {
  const [name, setName] = useState('')
  const save = useMutation({
    mutationFn: () => {
      const query = { ...filterOf(address), ...(address.sort !== undefined && { sort: address.sort }) }
      return call(clientList.saveFilter, { body: { name: name.trim(), query } })
    },
    onSuccess: async () => {
      onClose()
      toast({ title: `“${name.trim()}” is saved`, detail: 'You find it under Saved.' })
      await invalidate([clientList.settings])
    },
  })
  return (
    <Modal opened onClose={onClose} title="Save this filter" size={400} withCloseButton={false}>
      <form
        className={styles.dialog}
        noValidate
        onSubmit={(event) => {
          event.preventDefault()
          if (name.trim() !== '' && !save.isPending) save.mutate()
        }}
      >
        <TextInput
          label="Name"
          maxLength={60}
          autoComplete="off"
          data-autofocus
          value={name}
          error={save.error ? wordsFor(save.error).detail : undefined}
          onChange={(event) => {
            setName(event.currentTarget.value)
            save.reset()
          }}
        />
        <div className={styles.dialogButtons}>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="filled" loading={save.isPending} disabled={name.trim() === ''}>
            Save filter
          </Button>
        </div>
      </form>
    </Modal>
  )
}
