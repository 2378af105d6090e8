import { Button } from '@mantine/core'
import { funnel, type InviteRequest } from '@ledgersync/shared/funnel'
import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useMemo } from 'react'
import { useAddress } from '../../address.ts'
import { paths } from '../../paths.ts'
import { pages, query } from '../../query.ts'
import { Badge, type Tone } from '../../ui/badge.tsx'
import type { CardParts } from '../../ui/data-cards.tsx'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { DateTime } from '../../ui/date-time.tsx'
import { None } from '../../ui/money.tsx'
import { Page } from '../../ui/page.tsx'
import { ErrorState, NoResults } from '../../ui/states.tsx'
import { figureOf, periodQuery, type RequestAddress, requestNames, requestQuery } from './address.ts'
import { PeriodFilters } from './period-filters.tsx'
import { channelWords, severalWords, stepWords, whatHappened } from './words.ts'

/** The requests behind one figure of the invites. */
export function RequestsPage() {
  const [address, change] = useAddress(requestNames)
  const { reached: _reached, stopped: _stopped, reason: _reason, invitedBy: _invitedBy, bank: _bank, ...period } = address
  const list = useInfiniteQuery({ ...pages(funnel.list, { query: requestQuery(address) }), placeholderData: keepPreviousData })
  const rows = useMemo(() => list.data?.pages.flatMap((page) => page.items), [list.data])
  const title = titleOf(address)
  const about = useAbout(address)
  return (
    <Page
      title={title}
      aside={about}
      flush
      actions={<Button renderRoot={(props) => <Link to={paths.invites} search={period} {...props} />}>All figures</Button>}
      filters={<PeriodFilters address={address} onChange={change} />}
    >
      <DataTable
        label={title}
        columns={columns}
        rows={rows}
        rowKey={({ id }) => id}
        card={card}
        minWidth={900}
        more={{ hasMore: list.hasNextPage, loading: list.isFetchingNextPage, load: () => void list.fetchNextPage() }}
        error={
          list.isError &&
          !list.data && <ErrorState error={list.error} title="We could not load the invites" onRetry={() => void list.refetch()} />
        }
        empty={<NoResults onClear={() => change(noFilters)}>No invite of this period got there, or stopped for this reason.</NoResults>}
      />
    </Page>
  )
}

const noFilters: RequestAddress = Object.fromEntries(requestNames.map((name) => [name, undefined]))

/** `Invites: opened`, or `Invites: wrong password`. */
function titleOf(address: RequestAddress): string {
  const { reached, stopped, reason } = figureOf(address)
  if (reason !== undefined) return `Invites: ${severalWords(reason)}`
  if (stopped !== undefined) return `Invites: no further than ${stepWords[stopped].toLowerCase()}`
  return reached === undefined ? 'Invites' : `Invites: ${stepWords[reached].toLowerCase()}`
}

/** Whose row of a table was opened: who invited, or the bank that was asked for; null for all. */
function useAbout(address: RequestAddress): string | null {
  const { invitedBy, bank } = address
  const isOne = invitedBy !== undefined || (bank !== undefined && bank !== 'none')
  const figures = useQuery({ ...query(funnel.get, { query: { ...periodQuery(address), banks: bank !== undefined } }), enabled: isOne }).data
  const names = [
    figures?.byStaff.find(({ id }) => id === invitedBy)?.name,
    bank === 'none' ? 'no certain bank' : figures?.byBank?.find((each) => each.bank !== null && each.bank === bank)?.name,
  ]
  return names.filter((name) => name !== undefined).join(', ') || null
}

const columns: Column<InviteRequest>[] = [
  { id: 'client', header: 'Client', cell: (row) => <ClientLink row={row} /> },
  { id: 'step', header: 'Got as far as', width: '124px', cell: (row) => <Step row={row} /> },
  { id: 'why', header: 'And no further', width: '32%', cell: (row) => <Why row={row} /> },
  { id: 'by', header: 'Invited by', width: '14%', cell: ({ invitedBy }) => <span title={invitedBy}>{invitedBy}</span> },
  { id: 'channel', header: 'Sent by', width: '124px', cell: ({ channel }) => channelWords[channel] },
  { id: 'at', header: 'Invited', width: '140px', align: 'end', cell: ({ createdAt }) => <DateTime at={createdAt} /> },
]

function card(row: InviteRequest): CardParts {
  return {
    title: <ClientLink row={row} />,
    state: <Step row={row} />,
    meta: row.reason === null ? channelWords[row.channel] : whatHappened({ ...row, kind: 'connect' }),
    figures: <DateTime at={row.createdAt} shape="ago" />,
  }
}

function ClientLink({ row: { clientId, businessName } }: { row: InviteRequest }) {
  return (
    <Link to={paths.client} params={{ clientId }} title={businessName}>
      {businessName}
    </Link>
  )
}

const tones: Partial<Record<InviteRequest['step'], Tone>> = { opened: 'moving', started: 'moving', bank_chosen: 'moving', connected: 'ok' }

function Step({ row: { step } }: { row: InviteRequest }) {
  return <Badge tone={tones[step] ?? 'neutral'}>{stepWords[step]}</Badge>
}

function Why({ row }: { row: InviteRequest }) {
  if (row.reason === null) return <None label="Connected" />
  const words = whatHappened({ ...row, kind: 'connect' })
  return <span title={words}>{words}</span>
}
