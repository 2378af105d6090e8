import { ActionIcon, Button } from '@mantine/core'
import { type Group, groups } from '@ledgersync/shared/groups'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { FolderPlus, Folders, Pencil } from 'lucide-react'
import { useAddress } from '../../address.ts'
import { paths } from '../../paths.ts'
import { query } from '../../query.ts'
import { useMe } from '../../session.ts'
import { ActionButton } from '../../ui/action-button.tsx'
import type { CardParts } from '../../ui/data-cards.tsx'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { HealthMark, healthWords } from '../../ui/health-mark.tsx'
import { Count, formatCount, None } from '../../ui/money.tsx'
import { Page } from '../../ui/page.tsx'
import { EmptyState, ErrorState } from '../../ui/states.tsx'
import { GroupPanel } from './group-panel.tsx'
import styles from './groups.module.css'

const onlyAdministrators = 'Only an administrator can change groups.'

/** The groups that arrange clients in the sidebar and filter every list. */
export function GroupsPage() {
  const [{ group }, change] = useAddress(['group'] as const)
  const isAdministrator = useMe().staff.role === 'administrator'
  const found = useQuery(query(groups.list))
  const rows = found.data?.items
  const chosen = rows?.find(({ id }) => id === group)
  const open = (id: string) => change({ group: id })
  const add = (
    <ActionButton
      variant="filled"
      leftSection={<FolderPlus size={16} aria-hidden />}
      unavailable={isAdministrator ? null : onlyAdministrators}
      onClick={() => open('new')}
    >
      Add group
    </ActionButton>
  )
  return (
    <Page title="Groups" flush actions={rows !== undefined && rows.length > 0 && add}>
      <DataTable
        label="Groups"
        columns={columns}
        rows={rows}
        rowKey={({ id }) => id}
        card={(row) => cardOf(row, () => open(row.id))}
        actions={(row) => <Actions row={row} onOpen={() => open(row.id)} />}
        actionsWidth="140px"
        minWidth={560}
        error={
          found.isError &&
          !rows && <ErrorState error={found.error} title="We could not load the groups" onRetry={() => void found.refetch()} />
        }
        empty={
          <EmptyState icon={Folders} title="No groups yet" actions={add}>
            Groups such as “Monthly close” arrange clients in the sidebar and filter every list.
          </EmptyState>
        }
      />
      {found.data !== undefined && found.data.items.length > 0 && found.data.ungrouped.clientCount > 0 && (
        <p className={styles.rest}>
          {formatCount(found.data.ungrouped.clientCount)} {found.data.ungrouped.clientCount === 1 ? 'client is' : 'clients are'} in{' '}
          <Link to={paths.clients} search={{ group: 'none' }}>
            no group
          </Link>
          .
        </p>
      )}
      <GroupPanel
        key={chosen?.id ?? group ?? 'closed'}
        group={chosen ?? null}
        opened={chosen !== undefined || (group === 'new' && isAdministrator)}
        onClose={() => change({ group: undefined })}
        onAdded={open}
      />
    </Page>
  )
}

const columns: Column<Group>[] = [
  { id: 'name', header: 'Group', cell: (row) => <GroupLink row={row} /> },
  { id: 'health', header: 'Banks', width: '200px', cell: ({ health }) => <Health health={health} /> },
  { id: 'clients', header: 'Clients', width: '120px', align: 'end', cell: ({ clientCount }) => <Count value={clientCount} /> },
]

function cardOf(row: Group, onOpen: () => void): CardParts {
  return {
    title: <GroupLink row={row} />,
    state: <Health health={row.health} />,
    meta: row.clientCount === 1 ? '1 client' : `${formatCount(row.clientCount)} clients`,
    actions: <Button onClick={onOpen}>Open {row.name}</Button>,
  }
}

function GroupLink({ row: { id, name } }: { row: Group }) {
  return (
    <Link to={paths.clients} search={{ group: id }} title={name}>
      {name}
    </Link>
  )
}

function Health({ health }: { health: Group['health'] }) {
  if (health === null) return <None label="No clients" />
  return (
    <span className={styles.health}>
      <HealthMark health={health} /> {healthWords[health]}
    </span>
  )
}

function Actions({ row, onOpen }: { row: Group; onOpen: () => void }) {
  return (
    <ActionIcon size="sm" aria-label={`Open ${row.name}`} onClick={onOpen}>
      <Pencil size={14} />
    </ActionIcon>
  )
}
