import { type Funnel, funnel, type Tally } from '@ledgersync/shared/funnel'
import { funnelSteps } from '@ledgersync/shared/reach'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Send } from 'lucide-react'
import { useAddress } from '../../address.ts'
import { paths } from '../../paths.ts'
import { query } from '../../query.ts'
import { Badge } from '../../ui/badge.tsx'
import type { CardParts } from '../../ui/data-cards.tsx'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { formatCount, None } from '../../ui/money.tsx'
import { Page, PageTabs } from '../../ui/page.tsx'
import { EmptyState, ErrorState, NoResults, SkeletonRows } from '../../ui/states.tsx'
import { formatDay, zoneName } from '../../ui/time.ts'
import { daysOf, figureNames, type PeriodAddress, periodNames, figureQuery, type RequestAddress } from './address.ts'
import { FunnelChart } from './funnel-chart.tsx'
import { PeriodFilters } from './period-filters.tsx'
import { channelWords, stepWords } from './words.ts'
import styles from './funnel.module.css'

const tables = [
  { by: 'staff', label: 'By staff' },
  { by: 'bank', label: 'By bank asked for' },
  { by: 'channel', label: 'By channel' },
] as const

/** What becomes of invites: how far clients got, why they stopped, and with whom, at which bank and by which channel. */
export function InvitesPage() {
  const [{ by: asked, ...address }, change] = useAddress(figureNames)
  const by = tables.find((each) => each.by === asked)?.by ?? 'staff'
  const found = useQuery({ ...query(funnel.get, { query: figureQuery({ ...address, by }) }), placeholderData: keepPreviousData })
  const all = found.data?.total[0]?.count
  return (
    <Page title="Invites" aside={`${periodWords(address)}, ${zoneName()}`} filters={<PeriodFilters address={address} onChange={change} />}>
      {found.isError && !found.data && (
        <ErrorState error={found.error} title="We could not count the invites" onRetry={() => void found.refetch()} />
      )}
      {found.isPending && <SkeletonRows rows={8} />}
      {all === 0 && <Nothing address={address} onClear={() => change(noFilters)} />}
      {found.data && all !== undefined && all > 0 && (
        <div className={styles.parts}>
          <section className={styles.card} aria-labelledby="how-far">
            <header>
              <h2 id="how-far">How far clients got</h2>
              <Badge>{connectedShare(found.data.total)} connected</Badge>
              <span className={styles.quiet}>Each request counts once, by its newest invite.</span>
            </header>
            <FunnelChart tally={found.data.total} address={address} />
          </section>
          <section className={styles.card} aria-label="Broken down">
            <PageTabs
              label="Broken down"
              tabs={tables.map((each) => ({
                label: each.label,
                current: each.by === by,
                to: paths.invites,
                search: { ...address, ...(each.by !== 'staff' && { by: each.by }) },
              }))}
            />
            <Broken of={found.data} by={by} address={address} />
          </section>
        </div>
      )}
    </Page>
  )
}

const noFilters: PeriodAddress = Object.fromEntries(periodNames.map((name) => [name, undefined]))

function periodWords(address: PeriodAddress): string {
  const { from, to } = daysOf(address)
  return to === undefined ? `since ${formatDay(from)}` : `${formatDay(from)} to ${formatDay(to)}`
}

function Nothing({ address, onClear }: { address: PeriodAddress; onClear: () => void }) {
  if (Object.values(address).some((value) => value !== undefined))
    return <NoResults onClear={onClear}>No invite of this choice was made in this period.</NoResults>
  return (
    <EmptyState icon={Send} title="No invites in the last 30 days">
      Invite a client from the client list. How far they get, and why they stop, is counted here.
    </EmptyState>
  )
}

function connectedShare(tally: Tally): string {
  const [all, connected] = [tally[0]?.count ?? 0, tally.at(-1)?.count ?? 0]
  return all === 0 ? '0%' : `${Math.round((connected / all) * 100)}%`
}

/** One row of a table: whose tally it is, and what narrows its lists to it. */
interface Row {
  key: string
  name: string
  tally: Tally
  address: RequestAddress
}

function rowsOf({ byStaff, byBank, byChannel }: Funnel, by: (typeof tables)[number]['by'], address: PeriodAddress): Row[] | undefined {
  if (by === 'staff') return byStaff.map(({ id, name, tally }) => ({ key: id, name, tally, address: { ...address, invitedBy: id } }))
  if (by === 'channel')
    return byChannel.map(({ channel, tally }) => ({ key: channel, name: channelWords[channel], tally, address: { ...address, channel } }))
  return byBank?.map(({ bank, name, tally }) => ({
    key: bank ?? 'none',
    name: bank === null ? 'No certain bank' : name,
    tally,
    address: { ...address, bank: bank ?? 'none' },
  }))
}

const columns: Column<Row>[] = [
  { id: 'name', header: 'Invites', cell: ({ name }) => <strong title={name}>{name}</strong> },
  ...funnelSteps.map(
    (step): Column<Row> => ({
      id: step,
      header: stepWords[step],
      width: '104px',
      align: 'end',
      cell: (row) => <Figure row={row} step={step} />,
    }),
  ),
  { id: 'share', header: 'Connected', width: '96px', align: 'end', cell: ({ tally }) => connectedShare(tally) },
]

function Figure({ row: { name, tally, address }, step }: { row: Row; step: Tally[number]['step'] }) {
  const count = tally.find((each) => each.step === step)?.count ?? 0
  if (count === 0) return <None label="0" />
  return (
    <Link
      to={paths.inviteRequests}
      search={{ ...address, reached: step }}
      aria-label={`${formatCount(count)} ${stepWords[step].toLowerCase()}, ${name}: see the list`}
    >
      {formatCount(count)}
    </Link>
  )
}

function card(row: Row): CardParts {
  return {
    title: row.name,
    state: `${connectedShare(row.tally)} connected`,
    meta: (
      <>
        <Figure row={row} step="invited" /> invited, <Figure row={row} step="opened" /> opened
      </>
    ),
    figures: (
      <>
        <Figure row={row} step="connected" /> connected
      </>
    ),
  }
}

function Broken({ of, by, address }: { of: Funnel; by: (typeof tables)[number]['by']; address: PeriodAddress }) {
  return (
    <>
      <DataTable
        label={tables.find((each) => each.by === by)?.label ?? ''}
        columns={columns.map((column) => (column.id === 'share' ? { ...column, header: 'Of all' } : column))}
        rows={rowsOf(of, by, address)}
        rowKey={({ key }) => key}
        card={card}
        empty={null}
        minWidth={980}
      />
      {by === 'bank' && (
        <p className={styles.note}>An invite that asks for several banks is counted at each, and connected where that bank is.</p>
      )}
    </>
  )
}
