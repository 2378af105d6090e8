import { ActionIcon, Tooltip } from '@mantine/core'
import type { ClientColumn } from '@ledgersync/shared/client-list'
import type { ClientSort } from '@ledgersync/shared/client-filter'
import type { BooksState, InviteState } from '@ledgersync/shared/client-states'
import { clients, type ClientRow } from '@ledgersync/shared/clients'
import { connections } from '@ledgersync/shared/connections'
import { useMutation } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { RefreshCw } from 'lucide-react'
import { call } from '../../api.ts'
import { paths } from '../../paths.ts'
import { invalidate } from '../../query.ts'
import { useMe } from '../../session.ts'
import { Badge, Initials } from '../../ui/badge.tsx'
import type { CardParts } from '../../ui/data-cards.tsx'
import type { Column } from '../../ui/data-table.tsx'
import { DateTime } from '../../ui/date-time.tsx'
import { HealthMark, healthWords } from '../../ui/health-mark.tsx'
import { Count, None } from '../../ui/money.tsx'
import { toast, toastError } from '../../ui/toasts.tsx'
import { DeleteClientIcon } from './delete-client.tsx'
import { InviteMenu } from './invite-menu.tsx'
import { formatPhone, inviteWords } from './invite-words.ts'
import styles from './list-page.module.css'

const booksWords: Record<BooksState, string> = { connected: 'Connected', reconnect: 'Reconnect', none: 'Not connected' }

export const columnWords: Record<ClientColumn, string> = {
  contact: 'Contact',
  email: 'E-mail',
  phone: 'Cell phone',
  username: 'Username',
  invite: 'Invite',
  health: 'Bank connections',
  lastSync: 'Last sync',
  toReview: 'To review',
  pushesFailed: 'Pushes failed',
  books: 'QuickBooks',
  group: 'Group',
  staff: 'Staff',
  added: 'Added',
}

type Cell = Pick<Column<ClientRow>, 'cell' | 'width' | 'align'>
const text = (value: string | null) => (value === null || value === '' ? <None /> : <span title={value}>{value}</span>)
const cells: Record<ClientColumn, Cell> = {
  contact: { width: '14%', cell: (row) => text(row.contactName) },
  email: { width: '16%', cell: (row) => text(row.email) },
  phone: { width: '132px', cell: (row) => text(row.phone === null ? null : formatPhone(row.phone)) },
  username: { width: '14%', cell: (row) => text(row.username) },
  invite: { width: '15%', cell: (row) => <InviteCell row={row} /> },
  health: { width: '15%', cell: (row) => <HealthCell row={row} /> },
  lastSync: { width: '88px', align: 'end', cell: (row) => <DateTime at={row.lastSyncAt} shape="age" /> },
  toReview: { width: '96px', align: 'end', cell: (row) => <Count value={row.toReview} strong /> },
  pushesFailed: { width: '124px', align: 'end', cell: (row) => <Count value={row.pushesFailed} strong /> },
  books: { width: '112px', cell: (row) => <BooksCell state={row.books} /> },
  group: { width: '13%', cell: (row) => text(row.groupName) },
  staff: { width: '76px', cell: (row) => <StaffCell staff={row.staff} /> },
  added: { width: '112px', cell: (row) => <DateTime at={row.createdAt} shape="ago" /> },
}

/** What the list can be ordered by, and how a first click does: what asks for somebody first. */
const orders: Partial<Record<ClientColumn | 'client', [ClientSort, ClientSort]>> = {
  client: ['name', '-name'],
  invite: ['-invite', 'invite'],
  health: ['-health', 'health'],
  lastSync: ['lastSync', '-lastSync'],
  toReview: ['-toReview', 'toReview'],
  added: ['-added', 'added'],
}

/** The columns a person chose, with the order of the list in their headers. */
export function columnsOf(chosen: readonly ClientColumn[], sort: ClientSort, onSort: (sort: ClientSort) => void): Column<ClientRow>[] {
  const sortOf = (column: ClientColumn | 'client'): Pick<Column<ClientRow>, 'sort'> => {
    const [first, second] = orders[column] ?? []
    if (first === undefined || second === undefined) return {}
    const direction = sort !== first && sort !== second ? null : sort.startsWith('-') ? 'descending' : 'ascending'
    return { sort: { direction, onSort: () => onSort(sort === first ? second : first) } }
  }
  const name: Column<ClientRow> = { id: 'client', header: 'Client', cell: (row) => <ClientLink row={row} />, ...sortOf('client') }
  return [name, ...chosen.map((id) => ({ id, header: columnWords[id], ...cells[id], ...sortOf(id) }))]
}

/** The same on a phone. */
export function clientCard(row: ClientRow): CardParts {
  return {
    title: <ClientLink row={row} />,
    state: <HealthCell row={row} />,
    meta: <InviteCell row={row} />,
    figures: row.toReview > 0 && (
      <span>
        <Count value={row.toReview} strong /> to review
      </span>
    ),
    actions: <ClientActions row={row} />,
  }
}

function ClientLink({ row }: { row: ClientRow }) {
  return (
    <span className={styles.name}>
      <Link to={paths.client} params={{ clientId: row.id }} title={row.businessName}>
        {row.businessName}
      </Link>
      {row.locked && <Badge tone="warn">Locked</Badge>}
    </span>
  )
}

/** States in which nothing more is to come of an invite that was answered with statements. */
const withStatements: readonly InviteState[] = ['opened', 'started', 'expired']

function InviteCell({ row: { invite, staffHaveAccess } }: { row: ClientRow }) {
  if (invite === null) {
    return (
      <span className={styles.invite}>
        {staffHaveAccess ? 'Not needed' : 'Not invited'}
        {staffHaveAccess && <span className={styles.quiet}>own access</span>}
      </span>
    )
  }
  const isAnswered = invite.sentStatements && withStatements.includes(invite.state)
  const { label, tone } = isAnswered ? ({ label: 'Sent statements', tone: 'moving' } as const) : inviteWords[invite.state]
  return (
    <span className={styles.invite}>
      <Badge tone={tone}>{label}</Badge>
      {invite.reason !== null && (
        <span className={styles.words} title={invite.reason}>
          {invite.reason}
        </span>
      )}
      <span className={styles.quiet}>
        <DateTime at={invite.at} shape="ago" />
      </span>
    </span>
  )
}

function HealthCell({ row: { health, connections: all, connectionsHealthy } }: { row: ClientRow }) {
  const share = `${connectionsHealthy} of ${all} healthy`
  const words =
    health === 'none'
      ? healthWords.none
      : health === 'healthy'
        ? share
        : all === 1
          ? healthWords[health]
          : `${healthWords[health]}, ${share}`
  return (
    <span className={styles.health} title={words}>
      <HealthMark health={health} />
      <span className={`${styles.words} ${health === 'needs_client' ? styles.needed : ''}`}>{words}</span>
    </span>
  )
}

function BooksCell({ state }: { state: BooksState }) {
  if (state === 'reconnect') return <Badge tone="warn">{booksWords.reconnect}</Badge>
  return <span className={state === 'none' ? styles.quiet : undefined}>{booksWords[state]}</span>
}

function StaffCell({ staff }: { staff: ClientRow['staff'] }) {
  if (staff.length === 0) return <None label="Nobody" />
  const rest = staff.slice(2)
  return (
    <span className={styles.staff}>
      {staff.slice(0, 2).map(({ id, name }) => (
        <Initials key={id} name={name} />
      ))}
      {rest.length > 0 && (
        <span className={styles.quiet} title={rest.map(({ name }) => name).join(', ')}>
          +{rest.length}
        </span>
      )}
    </span>
  )
}

/** Invite, Synchronize and, for administrators, Delete of one row. */
export function ClientActions({ row }: { row: ClientRow }) {
  const { staff: self } = useMe()
  const sync = useMutation({
    mutationFn: () => call(connections.sync, { params: { clientId: row.id } }),
    onSuccess: async () => {
      toast({ title: `Fetching what is new for ${row.businessName}`, detail: 'You can leave this page.' })
      await invalidate([clients.list])
    },
    onError: (error) => toastError(error, `${row.businessName} was not synchronized`),
  })
  const unavailable = row.locked ? 'Locked: nothing is fetched' : row.connections === 0 ? 'No banks yet: invite the client first' : null
  return (
    <>
      <InviteMenu client={row} />
      <Tooltip label={unavailable ?? 'Synchronize'}>
        <ActionIcon
          size="sm"
          aria-label={`Synchronize ${row.businessName}`}
          aria-disabled={unavailable !== null}
          loading={sync.isPending}
          onClick={() => {
            if (unavailable === null) sync.mutate()
          }}
        >
          <RefreshCw size={14} {...(unavailable !== null && { color: 'var(--text-3)' })} />
        </ActionIcon>
      </Tooltip>
      {self.role === 'administrator' && <DeleteClientIcon client={row} />}
    </>
  )
}
