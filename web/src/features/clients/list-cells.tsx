import { ActionIcon, Tooltip } from '@mantine/core'
import { clients, type BooksState, type ClientRow } from '@ledgersync/shared/clients'
import { connections } from '@ledgersync/shared/connections'
import { useMutation } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { RefreshCw } from 'lucide-react'
import { call } from '../../api.ts'
import { paths } from '../../paths.ts'
import { invalidate } from '../../query.ts'
import { useMe } from '../../session.ts'
import { Badge, Initials } from '../../ui/badge.tsx'
import type { CardParts, Column } from '../../ui/data-table.tsx'
import { DateTime } from '../../ui/date-time.tsx'
import { HealthMark, healthWords } from '../../ui/health-mark.tsx'
import { Count, None } from '../../ui/money.tsx'
import { toast, toastError } from '../../ui/toasts.tsx'
import { DeleteClientIcon } from './delete-client.tsx'
import { InviteMenu } from './invite-menu.tsx'
import { inviteWords } from './invite-words.ts'
import styles from './list-page.module.css'

const booksWords: Record<BooksState, string> = { connected: 'Connected', reconnect: 'Reconnect', none: 'Not connected' }

/** Columns of the client list. */
export const clientColumns: Column<ClientRow>[] = [
  { id: 'client', header: 'Client', cell: (row) => <ClientLink row={row} /> },
  { id: 'invite', header: 'Invite', width: '18%', cell: (row) => <InviteCell row={row} /> },
  { id: 'health', header: 'Bank connections', width: '19%', cell: (row) => <HealthCell row={row} /> },
  { id: 'lastSync', header: 'Last sync', width: '92px', align: 'end', cell: (row) => <DateTime at={row.lastSyncAt} shape="age" /> },
  { id: 'toReview', header: 'To review', width: '100px', align: 'end', cell: (row) => <Count value={row.toReview} strong /> },
  { id: 'books', header: 'QuickBooks', width: '124px', cell: (row) => <BooksCell state={row.books} /> },
  { id: 'staff', header: 'Staff', width: '84px', cell: (row) => <StaffCell staff={row.staff} /> },
]

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
    <Link to={paths.client} params={{ clientId: row.id }} title={row.businessName}>
      {row.businessName}
    </Link>
  )
}

function InviteCell({ row: { invite, staffHaveAccess } }: { row: ClientRow }) {
  if (invite === null) {
    return (
      <span className={styles.invite}>
        {staffHaveAccess ? 'Not needed' : 'Not invited'}
        {staffHaveAccess && <span className={styles.quiet}>own access</span>}
      </span>
    )
  }
  const { label, tone } = inviteWords[invite.state]
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
  const unavailable = row.connections === 0
  return (
    <>
      <InviteMenu client={row} />
      <Tooltip label={unavailable ? 'No banks yet: invite the client first' : 'Synchronize'}>
        <ActionIcon
          size="sm"
          aria-label={`Synchronize ${row.businessName}`}
          aria-disabled={unavailable}
          loading={sync.isPending}
          onClick={() => {
            if (!unavailable) sync.mutate()
          }}
        >
          <RefreshCw size={14} {...(unavailable && { color: 'var(--text-3)' })} />
        </ActionIcon>
      </Tooltip>
      {self.role === 'administrator' && <DeleteClientIcon client={row} />}
    </>
  )
}
