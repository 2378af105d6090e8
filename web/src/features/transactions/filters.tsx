import { Button, Popover, TextInput } from '@mantine/core'
import { clients } from '@ledgersync/shared/clients'
import { connections } from '@ledgersync/shared/connections'
import { useQuery } from '@tanstack/react-query'
import { ChevronDown } from 'lucide-react'
import { useState } from 'react'
import { query } from '../../query.ts'
import { ActionButton } from '../../ui/action-button.tsx'
import { FilterMenu } from '../../ui/filter-menu.tsx'
import { SearchField } from '../../ui/search-field.tsx'
import { formatDay } from '../../ui/time.ts'
import { type Filters, isDay } from './filter-address.ts'
import styles from './transactions.module.css'

type Change = (changes: Filters) => void

/** One client of many, found by typing. */
export function ClientFilter({ filters, onChange }: { filters: Filters; onChange: Change }) {
  const [opened, setOpened] = useState(false)
  const [search, setSearch] = useState('')
  const { client } = filters
  const chosen = useQuery({ ...query(clients.get, { params: { clientId: client ?? '' } }), enabled: client !== undefined })
  const found = useQuery({
    ...query(clients.list, { query: { limit: 20, view: 'all', ...(search !== '' && { search }) } }),
    enabled: opened,
  })
  const choose = (clientId: string | undefined) => {
    setOpened(false)
    onChange({ client: clientId, account: undefined })
  }
  const name = client === undefined ? undefined : (chosen.data?.businessName ?? '…')
  return (
    <Popover opened={opened} onChange={setOpened} position="bottom-start" width={264} trapFocus shadow="md">
      <Popover.Target>
        <Button
          size="sm"
          rightSection={<ChevronDown size={14} aria-hidden />}
          aria-label={name === undefined ? 'Client' : `Client: ${name}`}
          onClick={() => setOpened(!opened)}
          {...(name !== undefined && { variant: 'light' })}
        >
          {name ?? 'Client'}
        </Button>
      </Popover.Target>
      <Popover.Dropdown className={styles.popover}>
        <SearchField label="Find a client" placeholder="Find a client" value={search} onChange={setSearch} width="100%" size="md" />
        <ul className={styles.choices} aria-label="Clients">
          {client !== undefined && (
            <li>
              <button type="button" onClick={() => choose(undefined)}>
                All clients
              </button>
            </li>
          )}
          {found.data?.items.map((row) => (
            <li key={row.id}>
              <button type="button" aria-pressed={row.id === client} onClick={() => choose(row.id)}>
                {row.businessName}
              </button>
            </li>
          ))}
          {found.data?.items.length === 0 && <li className={styles.quiet}>No client has these words.</li>}
        </ul>
      </Popover.Dropdown>
    </Popover>
  )
}

/** One bank account of the chosen client. */
export function AccountFilter({
  clientId,
  value,
  onChange,
}: {
  clientId: string | undefined
  value: string | undefined
  onChange: Change
}) {
  const found = useQuery({ ...query(connections.listOfClient, { params: { clientId: clientId ?? '' } }), enabled: clientId !== undefined })
  if (clientId === undefined)
    return (
      <ActionButton size="sm" rightSection={<ChevronDown size={14} aria-hidden />} unavailable="Choose a client first.">
        Account
      </ActionButton>
    )
  const options = (found.data?.items ?? []).flatMap((connection) =>
    connection.accounts.map(({ id, name, mask }) => ({ value: id, label: mask === null ? name : `${name} ••${mask}` })),
  )
  return <FilterMenu label="Account" options={options} value={value} onChange={(account) => onChange({ account })} />
}

/** First and last date, typed or by a ready range. */
export function DateFilter({ filters, onChange }: { filters: Filters; onChange: Change }) {
  const { from, to } = filters
  const label = rangeWords(from, to)
  return (
    <Popover position="bottom-end" width={264} trapFocus shadow="md">
      <Popover.Target>
        <Button
          size="sm"
          rightSection={<ChevronDown size={14} aria-hidden />}
          aria-label={label === null ? 'Date' : `Date: ${label}`}
          {...(label !== null && { variant: 'light' })}
        >
          {label ?? 'Date'}
        </Button>
      </Popover.Target>
      <Popover.Dropdown className={styles.popover}>
        <div className={styles.dates}>
          <TextInput
            type="date"
            label="From"
            value={from ?? ''}
            onChange={(event) => onChange({ from: event.currentTarget.value || undefined })}
          />
          <TextInput
            type="date"
            label="To"
            value={to ?? ''}
            onChange={(event) => onChange({ to: event.currentTarget.value || undefined })}
          />
        </div>
        <ul className={styles.choices} aria-label="Ranges">
          {ranges(new Date()).map((range) => (
            <li key={range.label}>
              <button
                type="button"
                aria-pressed={range.from === from && range.to === to}
                onClick={() => onChange({ from: range.from, to: range.to })}
              >
                {range.label}
              </button>
            </li>
          ))}
        </ul>
      </Popover.Dropdown>
    </Popover>
  )
}

/** First and last day as people say them; null when neither is a day. */
export function rangeWords(from: string | undefined, to: string | undefined): string | null {
  if (isDay(from) && isDay(to)) return `${formatDay(from)} to ${formatDay(to)}`
  if (isDay(from)) return `Since ${formatDay(from)}`
  return isDay(to) ? `Until ${formatDay(to)}` : null
}

function ranges(now: Date) {
  const day = (year: number, month: number, date: number) => new Date(Date.UTC(year, month, date)).toISOString().slice(0, 10)
  const [year, month] = [now.getFullYear(), now.getMonth()]
  return [
    { label: 'Any date', from: undefined, to: undefined },
    { label: 'This month', from: day(year, month, 1), to: undefined },
    { label: 'Last month', from: day(year, month - 1, 1), to: day(year, month, 0) },
    { label: 'This year', from: day(year, 0, 1), to: undefined },
    { label: 'Last year', from: day(year - 1, 0, 1), to: day(year - 1, 11, 31) },
  ]
}
