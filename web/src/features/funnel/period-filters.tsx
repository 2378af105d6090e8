import type { FunnelChannel } from '@ledgersync/shared/funnel'
import { FilterMenu } from '../../ui/filter-menu.tsx'
import { ChoiceFilters } from '../groups/client-choice.tsx'
import { DateFilter } from '../transactions/filters.tsx'
import { isDay } from '../transactions/filter-address.ts'
import type { PeriodAddress } from './address.ts'
import { channelWords } from './words.ts'

const periods = [
  { value: '30', label: 'Last 30 days' },
  { value: '90', label: 'Last 90 days' },
] as const
// The keys of the words are the channels
const channels = (Object.keys(channelWords) as FunnelChannel[]).map((value) => ({ value, label: channelWords[value] }))

/** Which requests are counted: when they were made, for whose clients, and how they went out. */
export function PeriodFilters({ address, onChange }: { address: PeriodAddress; onChange: (changes: PeriodAddress) => void }) {
  const { days, from, to, channel } = address
  const hasDates = isDay(from) || isDay(to)
  const period = hasDates ? undefined : days === '90' ? '90' : '30'
  return (
    <>
      <FilterMenu
        label="Period"
        options={periods}
        value={period}
        onChange={(value) => onChange({ days: value === '90' ? '90' : undefined, from: undefined, to: undefined })}
      />
      <DateFilter filters={{ from, to }} onChange={(changes) => onChange({ days: undefined, from, to, ...changes })} />
      <ChoiceFilters address={address} onChange={onChange} />
      <FilterMenu
        label="Sent by"
        options={channels}
        value={channels.find(({ value }) => value === channel)?.value}
        onChange={(value) => onChange({ channel: value })}
      />
    </>
  )
}
