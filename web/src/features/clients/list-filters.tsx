import { Button } from '@mantine/core'
import type { InviteFilter } from '@ledgersync/shared/client-filter'
import type { BooksState, Health } from '@ledgersync/shared/client-states'
import { X } from 'lucide-react'
import { FilterMenu, type FilterOption } from '../../ui/filter-menu.tsx'
import { healthWords } from '../../ui/health-mark.tsx'
import { SearchField } from '../../ui/search-field.tsx'
import { ChoiceFilters } from '../groups/client-choice.tsx'
import { inviteWords } from './invite-words.ts'
import { isFiltered, type ListSearch } from './list-address.ts'

const inviteOptions: FilterOption<InviteFilter>[] = [
  { value: 'none', label: 'Not invited' },
  { value: 'waiting', label: 'Waiting for the client' },
  ...(['queued', 'sent', 'delivered', 'opened', 'started', 'connected', 'failed', 'expired', 'revoked'] as const).map((value) => ({
    value,
    label: inviteWords[value].label,
  })),
]
const healthOptions: FilterOption<Health>[] = (['needs_client', 'bank_down', 'disconnected', 'syncing', 'healthy', 'none'] as const).map(
  (value) => ({ value, label: healthWords[value] }),
)
const booksOptions: FilterOption<BooksState>[] = [
  { value: 'connected', label: 'Connected' },
  { value: 'reconnect', label: 'Reconnect' },
  { value: 'none', label: 'Not connected' },
]
const stuckOptions: FilterOption<'yes' | 'no'>[] = [
  { value: 'yes', label: 'Stuck' },
  { value: 'no', label: 'Not stuck' },
]
const lockOptions: FilterOption<'yes' | 'no'>[] = [
  { value: 'yes', label: 'Locked' },
  { value: 'no', label: 'Not locked' },
]

interface ListFiltersProps {
  address: ListSearch
  /** Takes members of the address; `undefined` takes one away. */
  onChange: (changes: ListSearch, typing?: boolean) => void
}

/** Everything that narrows the list. */
export function ListFilters({ address, onChange }: ListFiltersProps) {
  const clear = {
    search: undefined,
    group: undefined,
    staff: undefined,
    invite: undefined,
    health: undefined,
    qbo: undefined,
    locked: undefined,
    stuck: undefined,
  }
  return (
    <>
      <SearchField
        label="Search clients"
        placeholder="Name, contact, phone, bank"
        value={address.search ?? ''}
        filter
        onChange={(text) => onChange({ search: text === '' ? undefined : text }, true)}
      />
      <ChoiceFilters address={address} onChange={onChange} />
      <FilterMenu label="Invite" options={inviteOptions} value={address.invite} onChange={(invite) => onChange({ invite })} />
      <FilterMenu label="Connections" options={healthOptions} value={address.health} onChange={(health) => onChange({ health })} />
      <FilterMenu label="QuickBooks" options={booksOptions} value={address.qbo} onChange={(qbo) => onChange({ qbo })} />
      <FilterMenu label="Progress" options={stuckOptions} value={address.stuck} onChange={(stuck) => onChange({ stuck })} />
      <FilterMenu label="Lock" options={lockOptions} value={address.locked} onChange={(locked) => onChange({ locked })} />
      {isFiltered(address) && (
        <Button size="sm" variant="subtle" leftSection={<X size={14} aria-hidden />} onClick={() => onChange(clear)}>
          Clear
        </Button>
      )}
    </>
  )
}
