import { type Stage, type Transaction, transactions } from '@ledgersync/shared/transactions'
import { useInfiniteQuery } from '@tanstack/react-query'
import { ExternalLink } from 'lucide-react'
import { useAddress } from '../../address.ts'
import { pages } from '../../query.ts'
import { Badge } from '../../ui/badge.tsx'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { FilterMenu } from '../../ui/filter-menu.tsx'
import { Mask, None } from '../../ui/money.tsx'
import { SearchField } from '../../ui/search-field.tsx'
import { ErrorState, NoResults } from '../../ui/states.tsx'
import { formatDay } from '../../ui/time.ts'
import { Amount } from './amount.tsx'
import { filterNames, filterQuery } from './filter-address.ts'
import { AccountFilter, ClientFilter, DateFilter } from './filters.tsx'
import styles from './transactions.module.css'
import { stageWords } from './words.ts'

const addressNames = [...filterNames, 'stage'] as const
const stages = (['pending', 'open', 'approved', 'pushing', 'pushed', 'failed'] as const).map((value) => ({
  value,
  label: stageWords[value].label,
}))

/** The filters of {@link TransactionsTable}, kept in the address. `clientId` fixes the client. */
export function TransactionsFilters({ clientId }: { clientId?: string }) {
  const [address, change] = useAddress(addressNames)
  return (
    <>
      <SearchField
        label="Filter transactions"
        placeholder="Description or payee"
        value={address.search ?? ''}
        onChange={(search) => change({ search: search || undefined })}
        filter
      />
      {clientId === undefined && <ClientFilter filters={address} onChange={change} />}
      <AccountFilter clientId={clientId ?? address.client} value={address.account} onChange={change} />
      <DateFilter filters={address} onChange={change} />
      <FilterMenu label="Stage" options={stages} value={stageOf(address.stage)} onChange={(stage) => change({ stage })} />
    </>
  )
}

/** Transactions, newest first, as many as one scrolls. Of one client, or of the firm when `clientId` is left out. */
export function TransactionsTable({ clientId, nothing }: { clientId?: string; nothing: React.ReactNode }) {
  const [address, change] = useAddress(addressNames)
  const stage = stageOf(address.stage)
  const filters = { ...filterQuery(address), ...(clientId !== undefined && { clientId }), ...(stage !== undefined && { stage }) }
  const list = useInfiniteQuery(pages(transactions.list, { query: { limit: 100, ...filters } }))
  const named = [
    address.search !== undefined && `“${address.search}”`,
    clientId === undefined && address.client !== undefined && 'this client',
    address.account !== undefined && 'this account',
    (address.from ?? address.to) !== undefined && 'these dates',
    stage !== undefined && stageWords[stage].label,
  ].filter((one) => one !== false)
  const clear = () => change({ search: undefined, client: undefined, account: undefined, from: undefined, to: undefined, stage: undefined })
  return (
    <DataTable
      label="Transactions"
      columns={columnsFor(clientId === undefined)}
      rows={list.data?.pages.flatMap((page) => page.items)}
      rowKey={(row) => row.id}
      rowHeight={32}
      minWidth={clientId === undefined ? 1080 : 900}
      card={cardOf}
      error={
        list.isError &&
        !list.data && <ErrorState error={list.error} title="We could not load transactions" onRetry={() => void list.refetch()} />
      }
      empty={
        named.length === 0 ? (
          nothing
        ) : (
          <NoResults onClear={clear}>
            No transactions match <strong>{named.join(' and ')}</strong>.
          </NoResults>
        )
      }
      more={{ hasMore: list.hasNextPage, loading: list.isFetchingNextPage, load: () => void list.fetchNextPage() }}
    />
  )
}

function stageOf(text: string | undefined): Stage | undefined {
  return stages.find(({ value }) => value === text)?.value
}

function columnsFor(allClients: boolean): Column<Transaction>[] {
  const client: Column<Transaction> = { id: 'client', header: 'Client', width: '15%', cell: (row) => row.clientName }
  return [
    { id: 'date', header: 'Date', width: '110px', cell: (row) => <span className={mutedIfPending(row)}>{formatDay(row.date)}</span> },
    ...(allClients ? [client] : []),
    { id: 'account', header: 'Account', width: '19%', cell: (row) => <Account row={row} /> },
    { id: 'description', header: 'Description', cell: (row) => <Description row={row} /> },
    {
      id: 'amount',
      header: 'Amount',
      width: '136px',
      align: 'end',
      cell: (row) => (
        <span className={row.stage === 'pending' ? styles.muted : styles.amount}>
          <Amount row={row} />
        </span>
      ),
    },
    { id: 'category', header: 'Category', width: '19%', cell: (row) => row.coding.categoryName ?? <None label="No category" /> },
    { id: 'stage', header: 'Stage', width: '150px', cell: (row) => <StageCell row={row} /> },
  ]
}

function mutedIfPending(row: Transaction): string | undefined {
  return row.stage === 'pending' ? styles.muted : undefined
}

function Account({ row }: { row: Transaction }) {
  return (
    <span className={mutedIfPending(row)}>
      {row.accountName} <Mask mask={row.accountMask} />
    </span>
  )
}

function Description({ row }: { row: Transaction }) {
  const other = row.payee !== null && row.payee.toLowerCase() !== row.description.toLowerCase() ? row.payee : null
  return (
    <span title={row.description}>
      <span className={row.stage === 'pending' ? styles.muted : styles.description}>{row.description}</span>
      {other !== null && <span className={styles.second}>{other}</span>}
    </span>
  )
}

function StageCell({ row }: { row: Transaction }) {
  const { label, tone } = stageWords[row.stage]
  const url = row.push?.url ?? null
  return (
    <span className={styles.stage} title={row.push?.reason ?? undefined}>
      {row.stage === 'open' ? <span>{label}</span> : <Badge tone={tone}>{label}</Badge>}
      {url !== null && (
        <a href={url} target="_blank" rel="noreferrer" aria-label={`Open ${row.description} in QuickBooks`}>
          <ExternalLink size={14} aria-hidden />
        </a>
      )}
    </span>
  )
}

function cardOf(row: Transaction) {
  return {
    title: <Description row={row} />,
    state: (
      <span className={row.stage === 'pending' ? styles.muted : styles.amount}>
        <Amount row={row} />
      </span>
    ),
    meta: `${formatDay(row.date)} · ${row.coding.categoryName ?? row.accountName}`,
    figures: <StageCell row={row} />,
  }
}
