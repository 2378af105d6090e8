import { Button } from '@mantine/core'
import { staff, type StaffUpdate, type TeamMember } from '@ledgersync/shared/team'
import { useMutation } from '@tanstack/react-query'
import { call } from '../../api.ts'
import { invalidate } from '../../query.ts'
import { ActionButton } from '../../ui/action-button.tsx'
import { DateTime } from '../../ui/date-time.tsx'
import { SidePanel } from '../../ui/side-panel.tsx'
import { ErrorState } from '../../ui/states.tsx'
import { toast, toastError } from '../../ui/toasts.tsx'
import { LeavePart } from './leave-part.tsx'
import { LockPart } from './lock-part.tsx'
import { PersonClients } from './person-clients.tsx'
import { PermissionFields } from './role-fields.tsx'
import { SecondFactorPart } from './second-factor-part.tsx'
import styles from './team.module.css'
import { roleWords } from './words.ts'

interface PersonPanelProps {
  /** Null while the panel is closed. */
  person: TeamMember | null
  colleagues: readonly TeamMember[]
  onClose: () => void
}

/** One person: role, bulk work, clients, and how they leave or come back. */
export function PersonPanel({ person, colleagues, onClose }: PersonPanelProps) {
  return (
    <SidePanel opened={person !== null} title={person?.name ?? ''} onClose={onClose}>
      {person && (
        <div className={styles.panel}>
          <dl className={styles.facts}>
            <dt>E-mail</dt>
            <dd>{person.email}</dd>
            <dt>Joined</dt>
            <dd>
              <DateTime at={person.joinedAt} shape="date" />
            </dd>
            <dt>Last active</dt>
            <dd>
              <DateTime at={person.lastActiveAt} shape="ago" />
            </dd>
          </dl>
          {person.deactivatedAt === null ? (
            <>
              <LockPart person={person} />
              <SecondFactorPart person={person} />
              <RolePart person={person} colleagues={colleagues} />
              <PersonClients person={person} />
              <LeavePart person={person} colleagues={colleagues} onLeft={onClose} />
            </>
          ) : (
            <ReturnPart person={person} />
          )}
        </div>
      )}
    </SidePanel>
  )
}

/** Changes somebody at once; Undo takes it back. */
function useChange(person: TeamMember) {
  const change = useMutation({
    mutationFn: (body: StaffUpdate) => call(staff.update, { params: { staffId: person.id }, body }),
    onSuccess: async (saved, body) => {
      const before: StaffUpdate = body.role === undefined ? { permissions: person.permissions } : { role: person.role }
      const title = body.role === undefined ? `What ${person.name} may do is saved` : `${person.name} is ${articleOf(saved.role)} now`
      toast({ title, action: { label: 'Undo', run: () => change.mutate(before) } })
      await invalidate([staff.team, staff.list])
    },
  })
  return change
}

const articleOf = (role: TeamMember['role']): string => (role === 'administrator' ? 'an administrator' : 'an employee')

function RolePart({ person, colleagues }: { person: TeamMember; colleagues: readonly TeamMember[] }) {
  const change = useChange(person)
  const others = colleagues.filter(({ id, role, deactivatedAt }) => id !== person.id && role === 'administrator' && deactivatedAt === null)
  const next = person.role === 'administrator' ? 'employee' : 'administrator'
  const isLast = person.role === 'administrator' && others.length === 0
  const { variables } = change
  return (
    <section className={styles.part} aria-labelledby="person-role">
      <h3 id="person-role">Role: {roleWords[person.role]}</h3>
      {change.error && <ErrorState error={change.error} title={`${person.name} was not changed`} />}
      <div>
        <ActionButton
          loading={change.isPending && variables?.role !== undefined}
          unavailable={isLast ? 'Your firm needs an administrator. Make somebody else one first.' : null}
          onClick={() => change.mutate({ role: next })}
        >
          Make {next}
        </ActionButton>
      </div>
      <PermissionFields
        role={person.role}
        value={(change.isPending && variables?.permissions) || person.permissions}
        onChange={(permissions) => change.mutate({ permissions })}
      />
    </section>
  )
}

function ReturnPart({ person }: { person: TeamMember }) {
  const back = useMutation({
    mutationFn: () => call(staff.reactivate, { params: { staffId: person.id } }),
    onSuccess: async () => {
      toast({ title: `${person.name} is back`, detail: 'They sign in as before. No clients are assigned to them yet.' })
      await invalidate([staff.team, staff.list])
    },
    onError: (error) => toastError(error, `${person.name} was not taken back`),
  })
  return (
    <section className={styles.part} aria-label="Take back">
      <p>
        Left <DateTime at={person.deactivatedAt} shape="date" />. Nobody can sign in as {person.name}.
      </p>
      <div>
        <Button loading={back.isPending} onClick={() => back.mutate()}>
          Take back as {roleWords[person.role].toLowerCase()}
        </Button>
      </div>
    </section>
  )
}
