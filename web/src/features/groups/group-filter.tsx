import { groups } from '@ledgersync/shared/groups'
import { useQuery } from '@tanstack/react-query'
import { query } from '../../query.ts'
import { FilterMenu } from '../../ui/filter-menu.tsx'

/** The group filter of a list: a group, or the clients in none. Not there while the firm has no groups. */
export function GroupFilter({ value, onChange }: { value: string | undefined; onChange: (groupId: string | undefined) => void }) {
  const items = useQuery(query(groups.list)).data?.items ?? []
  if (items.length === 0 && value === undefined) return null
  const options = [...items.map(({ id, name }) => ({ value: id, label: name })), { value: 'none', label: 'No group' }]
  return <FilterMenu label="Group" options={options} value={value} onChange={onChange} />
}

/** A group filter of the address, as the API takes it; anything else is passed over. */
export function groupQuery(group: string | undefined): { groupId?: string } {
  return group !== undefined && /^(none|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$/.test(group) ? { groupId: group } : {}
}
