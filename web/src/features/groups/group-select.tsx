import { Select } from '@mantine/core'
import { groups } from '@ledgersync/shared/groups'
import { useQuery } from '@tanstack/react-query'
import { query } from '../../query.ts'

interface GroupSelectProps {
  value: string | null
  onChange: (groupId: string | null) => void
  error?: string | undefined
  size?: 'md' | 'xl'
}

/** The group of one client, for forms. */
export function GroupSelect({ value, onChange, error, size = 'md' }: GroupSelectProps) {
  const found = useQuery(query(groups.list))
  const items = found.data?.items ?? []
  return (
    <Select
      label="Group"
      name="groupId"
      size={size}
      searchable
      clearable
      clearButtonProps={{ 'aria-label': 'Take out of the group' }}
      placeholder={found.isSuccess && items.length === 0 ? 'No groups yet' : 'No group'}
      nothingFoundMessage="No group has this name"
      data={items.map(({ id, name }) => ({ value: id, label: name }))}
      value={value}
      error={error ?? (found.isError ? 'We could not load the groups.' : undefined)}
      onChange={onChange}
    />
  )
}
