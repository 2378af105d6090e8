import { Select } from '@mantine/core'
import { type GroupClient, groups } from '@ledgersync/shared/groups'
import { type ClientAssignment, staff, type TeamMember } from '@ledgersync/shared/team'
import { useMutation, useQuery } from '@tanstack/react-query'
import { call } from '../../api.ts'
import { clientLists } from '../../live.ts'
import { invalidate, query } from '../../query.ts'
import { formatCount } from '../../ui/money.tsx'
import { toast, toastError } from '../../ui/toasts.tsx'
import { ClientFinder, ClientsOf } from '../groups/client-lists.tsx'
import styles from './team.module.css'

interface Change {
  body: ClientAssignment
  /** What a person reads: a client or a group. */
  what: string
  quietly?: boolean
}

/** Assigns or takes away at once; one client comes back by Undo. */
function useAssign(person: TeamMember) {
  const assign = useMutation({
    mutationFn: ({ body }: Change) => call(staff.assign, { params: { staffId: person.id }, body }),
    onSuccess: async ({ changed }, { body, what, quietly = false }) => {
      const { clientIds } = body
      const undo = () => assign.mutate({ body: { ...body, assigned: !body.assigned }, what, quietly: true })
      if (!quietly) {
        toast({
          title: body.assigned ? `${what} assigned to ${person.name}` : `${what} taken from ${person.name}`,
          ...(clientIds === undefined
            ? { detail: `${formatCount(changed)} of its clients are new to them.` }
            : { action: { label: 'Undo', run: undo } }),
        })
      }
      await invalidate([...clientLists, staff.team, staff.list])
    },
    onError: (error) => toastError(error, 'The assignment was not changed'),
  })
  return assign
}

/** The clients assigned to a person, and ways to add to them: one by one, or a whole group. */
export function PersonClients({ person }: { person: TeamMember }) {
  const assign = useAssign(person)
  const found = useQuery(query(groups.list)).data?.items ?? []
  const one = (client: GroupClient, assigned: boolean) =>
    assign.mutate({ body: { clientIds: [client.id], assigned }, what: client.businessName })
  return (
    <>
      <ClientFinder among={{ withoutStaffId: person.id }} onAdd={(client) => one(client, true)} />
      {found.length > 0 && (
        <Select
          label="Add a whole group"
          placeholder="Choose a group"
          searchable
          nothingFoundMessage="No group has this name"
          data={found.map(({ id, name, clientCount }) => ({ value: id, label: `${name} (${formatCount(clientCount)})` }))}
          value={null}
          onChange={(groupId) => {
            const group = found.find(({ id }) => id === groupId)
            if (group) assign.mutate({ body: { groupId: group.id, assigned: true }, what: group.name })
          }}
        />
      )}
      <section className={styles.part} aria-labelledby="person-clients">
        <h3 id="person-clients">
          Clients <span className={styles.quiet}>{formatCount(person.clientCount)}</span>
        </h3>
        {person.role === 'administrator' && (
          <p className={styles.quiet}>Administrators see every client. These are the ones they look after.</p>
        )}
        <ClientsOf which={{ staffId: person.id }} none="None yet." verb="Take away" onRemove={(client) => one(client, false)} />
      </section>
    </>
  )
}
