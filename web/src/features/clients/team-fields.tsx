import { MultiSelect, Select } from '@mantine/core'
import { staff } from '@ledgersync/shared/team'
import { useQuery } from '@tanstack/react-query'
import { query } from '../../query.ts'
import { useMe } from '../../session.ts'
import type { Form } from '../../ui/form.ts'
import { GroupSelect } from '../groups/group-select.tsx'
import type { AddClientValues } from './add-client-values.ts'
import styles from './add-client.module.css'

/** Languages a client can be addressed in. */
export const languages = [
  { value: 'en', label: 'English' },
  { value: 'es', label: 'Spanish' },
] as const

const common = [
  { value: 'America/New_York', label: 'Eastern' },
  { value: 'America/Chicago', label: 'Central' },
  { value: 'America/Denver', label: 'Mountain' },
  { value: 'America/Phoenix', label: 'Arizona' },
  { value: 'America/Los_Angeles', label: 'Pacific' },
  { value: 'America/Anchorage', label: 'Alaska' },
  { value: 'Pacific/Honolulu', label: 'Hawaii' },
]

/** The zones of the US by the names people use, then all others by the name of a city; `current` is always among them. */
export function zonesWith(current: string) {
  const named = new Set(common.map(({ value }) => value))
  const others = [...new Set([...Intl.supportedValuesOf('timeZone'), current])].filter((zone) => !named.has(zone))
  return [
    { group: 'United States', items: common },
    { group: 'Everywhere', items: others.map((zone) => ({ value: zone, label: zone.replaceAll('_', ' ') })) },
  ]
}

/** What matters to the firm: who looks after the client, and how the client is addressed. */
export function TeamFields({ form, size }: { form: Form<AddClientValues>; size: 'md' | 'xl' }) {
  const { staff: self } = useMe()
  const { staffIds, language, timeZone, groupId } = form.values
  const assigns = self.role === 'administrator'
  return (
    <section className={styles.section}>
      <h3>For your team</h3>
      <div className={styles.team}>
        {assigns && (
          <StaffSelect value={staffIds} onChange={(ids) => form.set({ staffIds: ids })} error={form.errors.staffIds} size={size} />
        )}
        <GroupSelect size={size} value={groupId} onChange={(chosen) => form.set({ groupId: chosen })} error={form.errors.groupId} />
        <Select
          label="Language"
          name="language"
          size={size}
          data={languages}
          value={language}
          error={form.errors.language}
          onChange={(value) => {
            const chosen = languages.find((one) => one.value === value)
            if (chosen !== undefined) form.set({ language: chosen.value })
          }}
        />
        <Select
          label="Time zone"
          name="timeZone"
          size={size}
          searchable
          limit={100}
          nothingFoundMessage="No zone has this name"
          data={zonesWith(timeZone)}
          value={timeZone}
          error={form.errors.timeZone}
          onChange={(value) => {
            if (value !== null) form.set({ timeZone: value })
          }}
        />
      </div>
    </section>
  )
}

interface StaffSelectProps {
  value: string[]
  onChange: (ids: string[]) => void
  error: string | undefined
  size: 'md' | 'xl'
}

/** Only for administrators: others add clients for themselves. */
function StaffSelect({ value, onChange, error, size }: StaffSelectProps) {
  const { staff: self } = useMe()
  const team = useQuery(query(staff.list))
  const people = team.data?.items ?? [self]
  return (
    <MultiSelect
      label="Staff"
      name="staffIds"
      size={size}
      searchable
      nothingFoundMessage="Nobody has this name"
      data={people.map(({ id, name }) => ({ value: id, label: name }))}
      value={value}
      error={error ?? (team.isError ? 'We could not load your team.' : undefined)}
      onChange={onChange}
    />
  )
}
