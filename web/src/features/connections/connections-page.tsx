import { type ConnectionHealth, type ConnectionRow, connections } from '@ledgersync/shared/connections'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Landmark } from 'lucide-react'
import { useMemo } from 'react'
import { useAddress } from '../../address.ts'
import { paths } from '../../paths.ts'
import { query } from '../../query.ts'
import { BankMark } from '../../ui/badge.tsx'
import { type CardParts, type Column, DataTable } from '../../ui/data-table.tsx'
import { DateTime } from '../../ui/date-time.tsx'
import { FilterMenu } from '../../ui/filter-menu.tsx'
import { HealthMark, healthWords } from '../../ui/health-mark.tsx'
import { Count, formatCount, None } from '../../ui/money.tsx'
import { Page } from '../../ui/page.tsx'
import { SearchField } from '../../ui/search-field.tsx'
import { EmptyState, ErrorState, NoResults } from '../../ui/states.tsx'
import { GroupFilter, groupQuery } from '../groups/group-filter.tsx'
import { RowAction } from './row-action.tsx'
import { healthOrder } from './worst-health.ts'
import styles from './connections-page.module.css'

const names = ['health', 'search', 'group'] as const

const columns: Column<ConnectionRow>[] = [
  { id: 'client', header: 'Client', cell: (row) => <ClientLink row={row} /> },
  { id: 'bank', header: 'Bank', width: '19%', cell: ({ institutionName }) => <Bank name={institutionName} /> },
  { id: 'health', header: 'Health', width: '164px', cell: ({ health }) => <HealthCell health={health} /> },
  { id: 'cause', header: 'Cause', width: '19%', cell: ({ cause }) => (cause === null ? <None /> : <span title={cause}>{cause}</span>) },
  { id: 'accounts', header: 'Accounts', width: '96px', align: 'end', cell: ({ accountCount }) => <Count value={accountCount} /> },
  {
    id: 'last',
    header: 'Last good sync',
    width: '128px',
    align: 'end',
    cell: ({ lastSuccessAt }) => <DateTime at={lastSuccessAt} shape="ago" />,
  },
]

function connectionCard(row: ConnectionRow): CardParts {
  return {
    title: <ClientLink row={row} />,
    state: <HealthCell health={row.health} />,
    meta: row.cause === null ? row.institutionName : `${row.institutionName}: ${row.cause}`,
    figures: <DateTime at={row.lastSuccessAt} shape="ago" />,
    actions: <RowAction row={row} />,
  }
}

/** Health of every bank connection of every client, those that need somebody first. */
export function ConnectionsPage() {
  const [address, change] = useAddress(names)
  const inGroup = groupQuery(address.group)
  const list = useQuery(query(connections.list, { query: inGroup }))
  const health = shownHealths.find((one) => one === address.health)
  const { search } = address
  const all = list.data?.items
  const rows = useMemo(() => all?.filter((row) => matches(row, health, search)), [all, health, search])
  const options = shownHealths.map((value) => ({ value, label: labelOf(value, all) }))
  return (
    <Page
      title="Bank Connections"
      aside={all && formatCount(all.length)}
      flush
      filters={
        <>
          <SearchField
            label="Search connections"
            placeholder="Client, bank or cause"
            value={search ?? ''}
            filter
            onChange={(text) => change({ search: text === '' ? undefined : text })}
          />
          <GroupFilter value={inGroup.groupId} onChange={(group) => change({ group })} />
          <FilterMenu label="Health" options={options} value={health} onChange={(value) => change({ health: value })} />
        </>
      }
    >
      <DataTable
        label="Bank connections"
        columns={columns}
        rows={rows}
        rowKey={({ id }) => id}
        card={connectionCard}
        actions={(row) => <RowAction row={row} />}
        actionsWidth="112px"
        minWidth={960}
        error={
          list.isError &&
          !list.data && <ErrorState error={list.error} title="We could not load the connections" onRetry={() => void list.refetch()} />
        }
        empty={
          all?.length === 0 && inGroup.groupId === undefined ? (
            <EmptyState icon={Landmark} title="No bank connections yet">
              Invite a client from the client list. Each bank they connect appears here with its health.
            </EmptyState>
          ) : (
            <NoResults onClear={() => change({ health: undefined, search: undefined, group: undefined })}>
              No connection{inGroup.groupId !== undefined && ' of this group'}
              {health !== undefined && (
                <>
                  {' '}
                  is <strong>{wordsOf(health)}</strong>
                </>
              )}
              {search !== undefined && (
                <>
                  {health === undefined ? ' ' : ' and '}matches <strong>“{search}”</strong>
                </>
              )}
              {health === undefined && search === undefined && ' is there'}.
            </NoResults>
          )
        }
      />
    </Page>
  )
}

/** `failing`: whatever is neither healthy nor being fetched. */
type ShownHealth = ConnectionHealth | 'failing'
const shownHealths: readonly ShownHealth[] = ['failing', ...healthOrder]
const wordsOf = (health: ShownHealth): string => (health === 'failing' ? 'With errors' : healthWords[health])
const isOf = (row: ConnectionRow, health: ShownHealth): boolean =>
  health === 'failing' ? row.health !== 'healthy' && row.health !== 'syncing' : row.health === health

/** Every word must occur in the client, the bank or the cause. */
function matches(row: ConnectionRow, health: ShownHealth | undefined, search = ''): boolean {
  if (health !== undefined && !isOf(row, health)) return false
  const text = `${row.clientName} ${row.institutionName} ${row.cause ?? ''}`.toLowerCase()
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word))
}

function labelOf(health: ShownHealth, all: ConnectionRow[] | undefined): string {
  if (all === undefined) return wordsOf(health)
  return `${wordsOf(health)} (${formatCount(all.filter((row) => isOf(row, health)).length)})`
}

function ClientLink({ row: { clientId, clientName } }: { row: ConnectionRow }) {
  return (
    <Link to={paths.client} params={{ clientId }} title={clientName}>
      {clientName}
    </Link>
  )
}

function Bank({ name }: { name: string }) {
  return (
    <span className={styles.line}>
      <BankMark name={name} size={20} />
      <span className={styles.cut} title={name}>
        {name}
      </span>
    </span>
  )
}

function HealthCell({ health }: { health: ConnectionHealth }) {
  return (
    <span className={styles.line} data-health={health}>
      <HealthMark health={health} />
      {healthWords[health]}
    </span>
  )
}
