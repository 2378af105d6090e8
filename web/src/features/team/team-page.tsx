import { staff, type StaffMember } from '@ledgersync/shared/team'
import { useQuery } from '@tanstack/react-query'
import { UserPlus, Users } from 'lucide-react'
import { useAddress } from '../../address.ts'
import { paths } from '../../paths.ts'
import { query } from '../../query.ts'
import { useMe } from '../../session.ts'
import { ActionButton } from '../../ui/action-button.tsx'
import { Initials } from '../../ui/badge.tsx'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { formatCount } from '../../ui/money.tsx'
import { Page, PageTabs } from '../../ui/page.tsx'
import { EmptyState, ErrorState } from '../../ui/states.tsx'
import { IdentityDialog } from '../account/identity.tsx'
import { AssignAll } from './assign-all.tsx'
import { InvitePanel } from './invite-panel.tsx'
import { inviteCard, InviteActions, inviteColumns } from './invites-table.tsx'
import { memberCard, memberColumns, OpenMember } from './members-table.tsx'
import { PersonPanel } from './person-panel.tsx'
import styles from './team.module.css'
import { roleWords } from './words.ts'

/** Tools → Team: who works here, what they may do, and whom they look after. */
export function TeamPage() {
  return useMe().staff.role === 'administrator' ? <Team /> : <Colleagues />
}

const views = ['here', 'invited', 'left'] as const

function Team() {
  const [address, change] = useAddress(['view', 'person'] as const)
  const me = useMe()
  const found = useQuery(query(staff.team))
  const team = found.data
  const view = views.find((one) => one === address.view) ?? 'here'
  const members = team?.members.filter(({ deactivatedAt }) => (deactivatedAt === null) === (view === 'here'))
  const person = team?.members.find(({ id }) => id === address.person)
  const here = team?.members.filter(({ deactivatedAt }) => deactivatedAt === null).length ?? 0
  const counts = { here, invited: team?.invites.length ?? 0, left: (team?.members.length ?? 0) - here }
  const invite = (
    <ActionButton
      variant="filled"
      leftSection={<UserPlus size={16} aria-hidden />}
      unavailable={me.staff.emailVerified ? null : 'Verify your own e-mail first.'}
      onClick={() => change({ person: 'new' })}
    >
      Invite colleague
    </ActionButton>
  )
  const error = found.isError && !team && (
    <ErrorState error={found.error} title="We could not load your team" onRetry={() => void found.refetch()} />
  )
  const open = (id: string) => change({ person: id })
  return (
    <Page
      title="Team"
      flush
      actions={invite}
      tabs={
        <PageTabs
          label="Views"
          tabs={views.map((one) => ({
            label: { here: 'Working here', invited: 'Invited', left: 'Left' }[one],
            count: team && counts[one],
            current: one === view,
            to: paths.team,
            search: one === 'here' ? {} : { view: one },
          }))}
        />
      }
    >
      {view === 'here' && team && (
        <div className={styles.assignAll}>
          <AssignAll on={team.assignAll} />
        </div>
      )}
      {view === 'invited' ? (
        <DataTable
          label="Invitations"
          columns={inviteColumns}
          rows={team?.invites}
          rowKey={({ id }) => id}
          card={inviteCard}
          actions={(row) => <InviteActions row={row} />}
          actionsWidth="220px"
          minWidth={900}
          error={error}
          empty={
            <EmptyState icon={UserPlus} title="Nobody is invited" actions={invite}>
              Colleagues get a link by e-mail and choose their own password.
            </EmptyState>
          }
        />
      ) : (
        <DataTable
          label={view === 'here' ? 'Team' : 'People who left'}
          columns={memberColumns(view === 'left', team?.assignAll ?? false)}
          rows={members}
          rowKey={({ id }) => id}
          card={(row) => memberCard(row, () => open(row.id))}
          actions={(row) => <OpenMember row={row} onOpen={() => open(row.id)} />}
          actionsWidth="112px"
          minWidth={960}
          error={error}
          empty={
            <EmptyState icon={Users} title="Nobody has left">
              Who leaves hands over their clients in one step, and what they did keeps their name.
            </EmptyState>
          }
        />
      )}
      <IdentityDialog />
      <InvitePanel opened={address.person === 'new'} onClose={() => change({ person: undefined })} />
      <PersonPanel
        key={person?.id ?? 'nobody'}
        person={person ?? null}
        colleagues={team?.members ?? []}
        onClose={() => change({ person: undefined })}
      />
    </Page>
  )
}

const colleagueColumns: Column<StaffMember>[] = [
  {
    id: 'name',
    header: 'Name',
    cell: ({ name }) => (
      <span className={styles.person}>
        <Initials name={name} /> <strong>{name}</strong>
      </span>
    ),
  },
  { id: 'email', header: 'E-mail', width: '40%', cell: ({ email }) => email },
  { id: 'role', header: 'Role', width: '160px', cell: ({ role }) => roleWords[role] },
]

/** What employees see of the team. */
function Colleagues() {
  const found = useQuery(query(staff.list))
  const rows = found.data?.items
  return (
    <Page title="Team" aside={rows && formatCount(rows.length)} flush>
      <DataTable
        label="Team"
        columns={colleagueColumns}
        rows={rows}
        rowKey={({ id }) => id}
        card={({ name, email, role }) => ({ title: name, state: roleWords[role], meta: email })}
        minWidth={560}
        error={
          found.isError &&
          !rows && <ErrorState error={found.error} title="We could not load your team" onRetry={() => void found.refetch()} />
        }
        empty={<EmptyState icon={Users} title="Nobody else works here yet" />}
      />
    </Page>
  )
}
