import { Button } from '@mantine/core'
import type { ConnectionCounts, ConnectionHealth, ConnectionRow, HealthFilter } from '@ledgersync/shared/connections'
import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Landmark, Send } from 'lucide-react'
import { useMemo } from 'react'
import { useAddress } from '../../address.ts'
import { paths } from '../../paths.ts'
import { BankMark } from '../../ui/badge.tsx'
import type { CardParts } from '../../ui/data-cards.tsx'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { DateTime } from '../../ui/date-time.tsx'
import { FilterMenu } from '../../ui/filter-menu.tsx'
import { HealthMark, healthWords } from '../../ui/health-mark.tsx'
import { Count, formatCount, None } from '../../ui/money.tsx'
import { Page } from '../../ui/page.tsx'
import { SearchField } from '../../ui/search-field.tsx'
import { EmptyState, ErrorState, NoResults } from '../../ui/states.tsx'
import { ChoiceFilters, choiceQuery } from '../groups/client-choice.tsx'
import { draftOfBroken } from '../outreach/draft.ts'
import { type ConnectionAddress, connectionCounts, connectionNames, connectionPages, healthOf } from './list-queries.ts'
import { RowAction } from './row-action.tsx'
import { healthOrder } from './worst-health.ts'
import styles from './connections-page.module.css'

const columns: Column<ConnectionRow>[] = [
  { id: 'client', header: 'Client', cell: (row) => <ClientLink row={row} /> },
  { id: 'bank', header: 'Bank', width: '17%', cell: ({ institutionName }) => <Bank name={institutionName} /> },
  { id: 'health', header: 'Health', width: '152px', cell: ({ health }) => <HealthCell health={health} /> },
  { id: 'cause', header: 'Cause', width: '15%', cell: ({ cause }) => (cause === null ? <None /> : <span title={cause}>{cause}</span>) },
  {
    id: 'asked',
    header: 'Client asked',
    width: '108px',
    cell: ({ clientAskedAt }) => (clientAskedAt === null ? <None /> : <DateTime at={clientAskedAt} shape="ago" />),
  },
  { id: 'accounts', header: 'Accounts', width: '84px', align: 'end', cell: ({ accountCount }) => <Count value={accountCount} /> },
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
  const [address, change] = useAddress(connectionNames)
  const list = useInfiniteQuery({ ...connectionPages(address), placeholderData: keepPreviousData })
  const counts = useQuery({ ...connectionCounts(address), placeholderData: keepPreviousData }).data
  const health = healthOf(address)
  const rows = useMemo(() => list.data?.pages.flatMap((page) => page.items), [list.data])
  const options = shownHealths.map((value) => ({ value, label: labelOf(value, counts) }))
  return (
    <Page
      title="Bank Connections"
      actions={<AskClients address={address} />}
      aside={counts && formatCount(counts[health ?? 'all'])}
      flush
      filters={
        <>
          <SearchField
            label="Search connections"
            placeholder="Client, bank or cause"
            value={address.search ?? ''}
            filter
            onChange={(text) => change({ search: text === '' ? undefined : text })}
          />
          <ChoiceFilters address={address} onChange={change} />
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
        minWidth={1040}
        more={{ hasMore: list.hasNextPage, loading: list.isFetchingNextPage, load: () => void list.fetchNextPage() }}
        error={
          list.isError &&
          !list.data && <ErrorState error={list.error} title="We could not load the connections" onRetry={() => void list.refetch()} />
        }
        empty={<Nothing address={address} onClear={() => change(noFilters)} />}
      />
    </Page>
  )
}

/** Asks all clients of the choice whose banks want a new sign-in, in the wizard. */
function AskClients({ address }: { address: ConnectionAddress }) {
  const draft = draftOfBroken({ health: 'needs_client', ...choiceQuery(address) })
  return (
    <Button
      leftSection={<Send size={16} aria-hidden />}
      renderRoot={(props) => <Link to={paths.outreach} search={{ step: 'banks' }} state={{ outreach: draft }} {...props} />}
    >
      Reconnect or add banks
    </Button>
  )
}

const noFilters: ConnectionAddress = Object.fromEntries(connectionNames.map((name) => [name, undefined]))

/** Names what leaves nothing over, or the next step where nothing is narrowed. */
function Nothing({ address, onClear }: { address: ConnectionAddress; onClear: () => void }) {
  const { search, group, staff } = address
  const health = healthOf(address)
  const isChosen = group !== undefined || staff !== undefined
  if (health === undefined && search === undefined && !isChosen)
    return (
      <EmptyState icon={Landmark} title="No bank connections yet">
        Invite a client from the client list. Each bank they connect appears here with its health.
      </EmptyState>
    )
  return (
    <NoResults onClear={onClear}>
      No connection{isChosen && ' of this choice'}
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

const shownHealths: readonly HealthFilter[] = ['failing', ...healthOrder]
const wordsOf = (health: HealthFilter): string => (health === 'failing' ? 'With errors' : healthWords[health])
const labelOf = (health: HealthFilter, counts: ConnectionCounts | undefined): string =>
  counts === undefined ? wordsOf(health) : `${wordsOf(health)} (${formatCount(counts[health])})`

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
