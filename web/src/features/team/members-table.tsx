import { Button } from '@mantine/core'
import type { TeamMember } from '@ledgersync/shared/team'
import { useMe } from '../../session.ts'
import { Badge, Initials } from '../../ui/badge.tsx'
import type { CardParts } from '../../ui/data-cards.tsx'
import type { Column } from '../../ui/data-table.tsx'
import { DateTime } from '../../ui/date-time.tsx'
import { Count, formatCount, None } from '../../ui/money.tsx'
import styles from './team.module.css'
import { permissionsInShort, roleWords } from './words.ts'

/** The columns of people who work here, or of those who left. */
export function memberColumns(left: boolean, assignAll: boolean): Column<TeamMember>[] {
  return [
    { id: 'name', header: 'Name', cell: (row) => <Name row={row} /> },
    { id: 'email', header: 'E-mail', width: '18%', cell: ({ email }) => <span title={email}>{email}</span> },
    { id: 'role', header: 'Role', width: '112px', cell: ({ role }) => <Role role={role} /> },
    {
      id: 'factor',
      header: 'Second factor',
      width: '120px',
      cell: ({ secondFactorSince }) => (secondFactorSince === null ? <None /> : 'On'),
    },
    { id: 'may', header: 'Bulk work', width: '15%', cell: (row) => <May row={row} /> },
    left
      ? { id: 'left', header: 'Left', width: '128px', cell: ({ deactivatedAt }) => <DateTime at={deactivatedAt} shape="date" /> }
      : { id: 'clients', header: 'Clients', width: '96px', align: 'end', cell: (row) => <Clients row={row} assignAll={assignAll} /> },
    {
      id: 'active',
      header: 'Last active',
      width: '120px',
      align: 'end',
      cell: ({ lastActiveAt }) => <DateTime at={lastActiveAt} shape="ago" />,
    },
  ]
}

/** The same on a phone. */
export function memberCard(row: TeamMember, onOpen: () => void): CardParts {
  const clients = row.clientCount === 1 ? '1 client' : `${formatCount(row.clientCount)} clients`
  return {
    title: <Name row={row} />,
    state: <Role role={row.role} />,
    meta: row.email,
    figures: row.deactivatedAt === null ? clients : <DateTime at={row.deactivatedAt} shape="date" />,
    actions: <Button onClick={onOpen}>Open {row.name}</Button>,
  }
}

/** Opens the panel of one person. */
export function OpenMember({ row, onOpen }: { row: TeamMember; onOpen: () => void }) {
  return (
    <Button size="sm" aria-label={`Open ${row.name}`} onClick={onOpen}>
      Open
    </Button>
  )
}

function Name({ row: { id, name } }: { row: TeamMember }) {
  const self = useMe().staff.id === id
  return (
    <span className={styles.person}>
      <Initials name={name} /> <strong title={name}>{name}</strong> {self && <span className={styles.quiet}>you</span>}
    </span>
  )
}

function Role({ role }: { role: TeamMember['role'] }) {
  return role === 'administrator' ? <Badge>{roleWords[role]}</Badge> : <span>{roleWords[role]}</span>
}

function May({ row: { role, permissions } }: { row: TeamMember }) {
  if (role === 'administrator') return <span className={styles.quiet}>Everything</span>
  const words = permissionsInShort(permissions)
  return words === null ? <None /> : <span title={words}>{words}</span>
}

function Clients({ row: { role, clientCount }, assignAll }: { row: TeamMember; assignAll: boolean }) {
  return role === 'administrator' || assignAll ? <span className={styles.quiet}>All</span> : <Count value={clientCount} />
}
