import { Button, Select } from '@mantine/core'
import { audit, type AuditEntry, type AuditKind } from '@ledgersync/shared/audit'
import { auth } from '@ledgersync/shared/auth'
import { staff } from '@ledgersync/shared/team'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Download, ScrollText } from 'lucide-react'
import { useState } from 'react'
import { type Address, useAddress } from '../../address.ts'
import { addressFor, call } from '../../api.ts'
import { paths } from '../../paths.ts'
import { pages, query } from '../../query.ts'
import type { CardParts } from '../../ui/data-cards.tsx'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { DateTime } from '../../ui/date-time.tsx'
import { FilterMenu } from '../../ui/filter-menu.tsx'
import { None } from '../../ui/money.tsx'
import { Page } from '../../ui/page.tsx'
import { EmptyState, ErrorState, NoResults } from '../../ui/states.tsx'
import { zoneName } from '../../ui/time.ts'
import { toastError } from '../../ui/toasts.tsx'
import { isDay } from '../transactions/filter-address.ts'
import { ClientFilter, DateFilter } from '../transactions/filters.tsx'
import { CheckPanel } from './check-panel.tsx'
import { EntryPanel } from './entry-panel.tsx'
import styles from './audit.module.css'

const names = ['who', 'client', 'kind', 'from', 'to'] as const

const kindWords: Record<AuditKind, string> = {
  access: 'Signing in',
  team: 'Team',
  firm: 'Settings and groups',
  clients: 'Clients',
  invites: 'Invites',
  statements: 'Statements',
  banks: 'Bank connections',
  review: 'Review',
  rules: 'Rules',
  books: 'QuickBooks',
  other: 'Other',
}
// Object.keys of a record over a union are that union
const kinds = (Object.keys(kindWords) as AuditKind[]).map((value) => ({ value, label: kindWords[value] }))

/** Tools → Audit log: who did what, when and from where, before and after. */
export function AuditPage() {
  const [address, change] = useAddress(names)
  const [shown, setShown] = useState<AuditEntry | null>(null)
  const filters = filtersOf(address)
  const list = useInfiniteQuery(pages(audit.list, { query: { limit: 100, ...filters } }))
  const isFiltered = Object.keys(filters).length > 0
  return (
    <Page
      title="Audit log"
      aside={zoneName()}
      flush
      actions={
        <Button leftSection={<Download size={16} aria-hidden />} onClick={() => void download(filters)}>
          Export CSV
        </Button>
      }
      filters={
        <>
          <WhoFilter value={address.who} onChange={(who) => change({ who })} />
          <ClientFilter filters={address} onChange={({ client }) => change({ client })} />
          <FilterMenu label="Kind" options={kinds} value={filters.kind} onChange={(kind) => change({ kind })} />
          <DateFilter filters={address} onChange={({ from, to }) => change({ from, to })} />
        </>
      }
    >
      <CheckPanel />
      <DataTable
        label="Audit log"
        columns={columns}
        rows={list.data?.pages.flatMap((page) => page.items)}
        rowKey={({ id }) => id}
        card={(row) => cardOf(row, () => setShown(row))}
        actions={(row) => (
          <Button size="sm" aria-label={`Details of ${row.what} by ${row.actorName}`} onClick={() => setShown(row)}>
            Details
          </Button>
        )}
        actionsWidth="112px"
        minWidth={960}
        error={
          list.isError &&
          !list.data && <ErrorState error={list.error} title="We could not load the audit log" onRetry={() => void list.refetch()} />
        }
        empty={
          isFiltered ? (
            <NoResults onClear={() => change({ who: undefined, client: undefined, kind: undefined, from: undefined, to: undefined })}>
              No entry matches these filters.
            </NoResults>
          ) : (
            <EmptyState icon={ScrollText} title="Nothing recorded yet">
              Every change in your firm appears here, with who made it.
            </EmptyState>
          )
        }
        more={{ hasMore: list.hasNextPage, loading: list.isFetchingNextPage, load: () => void list.fetchNextPage() }}
      />
      <EntryPanel entry={shown} onClose={() => setShown(null)} />
    </Page>
  )
}

type Filters = ReturnType<typeof filtersOf>

/** What the API understands of an address somebody may have typed. */
function filtersOf({ who, client, kind, from, to }: Address<(typeof names)[number]>) {
  const isId = (text: string | undefined): text is string => text !== undefined && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text)
  const known = kinds.find(({ value }) => value === kind)?.value
  return {
    ...((isId(who) || who === 'clients' || who === 'system') && { who }),
    ...(isId(client) && { clientId: client }),
    ...(known !== undefined && { kind: known }),
    ...(isDay(from) && { from }),
    ...(isDay(to) && { to }),
  }
}

/** The browser fetches the file by itself; asking who is signed in first renews an access cookie that ran out. */
async function download(filters: Filters): Promise<void> {
  try {
    await call(auth.me)
    window.location.assign(addressFor(audit.export, filters))
  } catch (error) {
    toastError(error, 'Nothing was exported')
  }
}

function WhoFilter({ value, onChange }: { value: string | undefined; onChange: (who: string | undefined) => void }) {
  const members = useQuery(query(staff.team)).data?.members ?? []
  const people = members.map(({ id, name, deactivatedAt }) => ({ value: id, label: deactivatedAt === null ? name : `${name} (left)` }))
  return (
    <Select
      aria-label="Who"
      placeholder="Who"
      size="sm"
      w={176}
      searchable
      clearable
      clearButtonProps={{ 'aria-label': 'Anybody' }}
      nothingFoundMessage="Nobody has this name"
      data={[...people, { value: 'clients', label: 'Clients, by their link' }, { value: 'system', label: 'Ledgersync itself' }]}
      value={value ?? null}
      onChange={(who) => onChange(who ?? undefined)}
    />
  )
}

const columns: Column<AuditEntry>[] = [
  { id: 'at', header: 'When', width: '144px', cell: ({ at }) => <DateTime at={at} /> },
  { id: 'who', header: 'Who', width: '176px', cell: ({ actorName }) => <span title={actorName}>{actorName}</span> },
  { id: 'what', header: 'What', cell: (row) => <What row={row} /> },
  { id: 'client', header: 'Client', width: '22%', cell: (row) => <ClientCell row={row} /> },
  { id: 'ip', header: 'From', width: '128px', cell: ({ ip }) => (ip === null ? <None label="No address" /> : ip) },
]

function cardOf(row: AuditEntry, onOpen: () => void): CardParts {
  return {
    title: <What row={row} />,
    state: <DateTime at={row.at} />,
    meta: row.clientName === null ? row.actorName : `${row.actorName}, ${row.clientName}`,
    actions: <Button onClick={onOpen}>Details</Button>,
  }
}

function What({ row: { what, subject } }: { row: AuditEntry }) {
  return (
    <span title={subject === null ? what : `${what}: ${subject}`}>
      <strong>{what}</strong> {subject !== null && <span className={styles.quiet}>{subject}</span>}
    </span>
  )
}

function ClientCell({ row: { clientId, clientName } }: { row: AuditEntry }) {
  if (clientId === null || clientName === null) return <None label="No client" />
  return (
    <span>
      <Link to={paths.client} params={{ clientId }} className={styles.client} title={clientName}>
        {clientName}
      </Link>
    </span>
  )
}
