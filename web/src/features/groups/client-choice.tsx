import { groups } from '@ledgersync/shared/groups'
import { staff } from '@ledgersync/shared/team'
import { useQuery } from '@tanstack/react-query'
import type { ClientChoice } from '@ledgersync/shared/common'
import type { Address } from '../../address.ts'
import { query } from '../../query.ts'
import { FilterMenu } from '../../ui/filter-menu.tsx'

/** The members of an address that say whose clients a list is about: ids, or `none`. */
export const choiceNames = ['group', 'staff'] as const
export type ChoiceAddress = Address<(typeof choiceNames)[number]>

interface ChoiceFiltersProps {
  address: ChoiceAddress
  onChange: (changes: ChoiceAddress) => void
}

/** Whose clients a list is about: of a group, of a colleague. Each is there once the firm has something to choose from. */
export function ChoiceFilters({ address: { group, staff: person }, onChange }: ChoiceFiltersProps) {
  const items = useQuery(query(groups.list)).data?.items ?? []
  const team = useQuery(query(staff.list)).data?.items ?? []
  const groupOptions = [...items.map(({ id, name }) => ({ value: id, label: name })), { value: 'none', label: 'No group' }]
  const staffOptions = [...team.map(({ id, name }) => ({ value: id, label: name })), { value: 'none', label: 'Nobody' }]
  return (
    <>
      {(items.length > 0 || group !== undefined) && (
        <FilterMenu label="Group" options={groupOptions} value={group} onChange={(value) => onChange({ group: value })} />
      )}
      {(team.length > 1 || person !== undefined) && (
        <FilterMenu label="Staff" options={staffOptions} value={person} onChange={(value) => onChange({ staff: value })} />
      )}
    </>
  )
}

const idOrNone = /^(none|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$/

/** The choice of an address, as the API takes it; what is neither an id nor `none` is passed over. */
export function choiceQuery({ group, staff: person }: ChoiceAddress): ClientChoice {
  return {
    ...(group !== undefined && idOrNone.test(group) && { groupId: group }),
    ...(person !== undefined && idOrNone.test(person) && { staffId: person }),
  }
}
