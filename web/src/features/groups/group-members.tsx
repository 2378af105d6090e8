import { type Group, type GroupClient, groups } from '@ledgersync/shared/groups'
import { useMutation } from '@tanstack/react-query'
import { call } from '../../api.ts'
import { clientLists } from '../../live.ts'
import { invalidate } from '../../query.ts'
import { formatCount } from '../../ui/money.tsx'
import { toast, toastError } from '../../ui/toasts.tsx'
import { ClientFinder, ClientsOf } from './client-lists.tsx'
import styles from './groups.module.css'

interface Move {
  client: GroupClient
  to: Pick<Group, 'id' | 'name'> | null
  /** Undo needs no Undo. */
  quietly?: boolean
}

/** Moves one client; Undo puts it back where it was. */
function useMove() {
  const move = useMutation({
    mutationFn: ({ client, to }: Move) => call(groups.move, { body: { clientIds: [client.id], groupId: to?.id ?? null } }),
    onSuccess: async (_moved, { client, to, quietly = false }) => {
      if (!quietly) {
        toast({
          title: to === null ? `${client.businessName} is in no group now` : `${client.businessName} is in ${to.name} now`,
          action: { label: 'Undo', run: () => back(client) },
        })
      }
      await invalidate(clientLists)
    },
    onError: (error, { client }) => toastError(error, `${client.businessName} was not moved`),
  })
  const back = (client: GroupClient) =>
    move.mutate({ client, to: client.groupId === null ? null : { id: client.groupId, name: '' }, quietly: true })
  return move
}

/** The clients of a group, and a search that adds others; both at once. */
export function GroupMembers({ group }: { group: Group }) {
  const move = useMove()
  return (
    <>
      <ClientFinder among={{ withoutGroupId: group.id }} onAdd={(client) => move.mutate({ client, to: group })} />
      <section className={styles.part} aria-label="Clients in this group">
        <h3>
          Clients <span className={styles.quiet}>{formatCount(group.clientCount)}</span>
        </h3>
        <ClientsOf
          which={{ groupId: group.id }}
          none="None yet. Find clients above, or choose the group in a client’s settings."
          verb="Take out"
          onRemove={(client) => move.mutate({ client, to: null })}
        />
      </section>
    </>
  )
}
