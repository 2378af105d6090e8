import { Button, Menu } from '@mantine/core'
import type { FunnelChannel } from '@ledgersync/shared/funnel'
import { Check, ChevronDown } from 'lucide-react'
import { FilterMenu } from '../../ui/filter-menu.tsx'
import { ChoiceFilters } from '../groups/client-choice.tsx'
import { isDay } from '../transactions/filter-address.ts'
import { DateFilter } from '../transactions/filters.tsx'
import { type PeriodAddress, usualDays } from './address.ts'
import { channelWords } from './words.ts'

// The keys of the words are the channels
const channels = (Object.keys(channelWords) as FunnelChannel[]).map((value) => ({ value, label: channelWords[value] }))

/** Which requests are counted: when they were made, for whose clients, and how they went out. */
export function PeriodFilters({ address, onChange }: { address: PeriodAddress; onChange: (changes: PeriodAddress) => void }) {
  const { from, to, channel } = address
  return (
    <>
      <PeriodMenu address={address} onChange={onChange} />
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

const periods = [
  { days: undefined, label: `Last ${usualDays} days` },
  { days: '90', label: 'Last 90 days' },
] as const

/** There always is a period: the usual one, until another is chosen or dates are. */
function PeriodMenu({ address: { days, from, to }, onChange }: { address: PeriodAddress; onChange: (changes: PeriodAddress) => void }) {
  const chosen = isDay(from) || isDay(to) ? undefined : (periods.find((period) => period.days === days) ?? periods[0])
  return (
    <Menu position="bottom-start">
      <Menu.Target>
        <Button
          size="sm"
          rightSection={<ChevronDown size={14} aria-hidden />}
          aria-label={chosen === undefined ? 'Period' : `Period: ${chosen.label}`}
          {...(chosen?.days !== undefined && { variant: 'light' })}
        >
          {chosen?.label ?? 'Period'}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {periods.map((period) => (
          <Menu.Item
            key={period.label}
            rightSection={period === chosen && <Check size={14} aria-label="chosen" />}
            onClick={() => onChange({ days: period.days, from: undefined, to: undefined })}
          >
            {period.label}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}
