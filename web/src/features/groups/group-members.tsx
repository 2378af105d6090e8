import { Button } from '@mantine/core'
import { type Group, type GroupClient, groups } from '@ledgersync/shared/groups'
import { useInfiniteQuery, useMutation, useQuery } from '@tanstack/react-query'
import { Plus, X } from 'lucide-react'
import { useState } from 'react'
import { call } from '../../api.ts'
import { clientLists } from '../../live.ts'
import { invalidate, pages, query } from '../../query.ts'
import { formatCount } from '../../ui/money.tsx'
import { SearchField } from '../../ui/search-field.tsx'
import { ErrorState, SkeletonRows } from '../../ui/states.tsx'
import { toast, toastError } from '../../ui/toasts.tsx'
import styles from './groups.module.css'

/** Moves one client; Undo puts it back where it was. */
function useMove() {
  const move = useMutation({
    mutationFn: ({ client, to }: { client: GroupClient; to: Pick<Group, 'id' | 'name'> | null; quietly?: boolean }) =>
      call(groups.move, { body: { clientIds: [client.id], groupId: to?.id ?? null } }),
    onSuccess: async (_moved, { client, to, quietly }) => {
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
  const [search, setSearch] = useState('')
  return (
    <>
      <section className={styles.part} aria-label="Add clients">
        <h3>Add clients</h3>
        <SearchField label="Find clients to add" placeholder="Find clients to add" value={search} onChange={setSearch} width="100%" size="md" />
        {search !== '' && <Candidates group={group} search={search} onAdd={(client) => move.mutate({ client, to: group })} />}
      </section>
      <section className={styles.part} aria-label="Clients in this group">
        <h3>
          Clients <span className={styles.quiet}>{formatCount(group.clientCount)}</span>
        </h3>
        <Members group={group} onRemove={(client) => move.mutate({ client, to: null })} />
      </section>
    </>
  )
}

function Candidates({ group, search, onAdd }: { group: Group; search: string; onAdd: (client: GroupClient) => void }) {
  const found = useQuery(query(groups.clients, { query: { search, limit: 20 } }))
  const names = new Map(useQuery(query(groups.list)).data?.items.map(({ id, name }) => [id, name]))
  const rows = found.data?.items.filter(({ groupId }) => groupId !== group.id)
  if (found.isError && !rows) return <ErrorState error={found.error} title="We could not search" onRetry={() => void found.refetch()} />
  if (rows === undefined) return <SkeletonRows rows={3} height={32} />
  if (rows.length === 0) return <p className={styles.quiet}>No client outside this group matches “{search}”.</p>
  return (
    <ul className={styles.list} aria-label="Clients found">
      {rows.map((client) => (
        <li key={client.id}>
          <span className={styles.cut} title={client.businessName}>
            {client.businessName}
          </span>
          {client.groupId !== null && <span className={styles.quiet}>in {names.get(client.groupId) ?? 'another group'}</span>}
          <Button size="sm" leftSection={<Plus size={14} aria-hidden />} aria-label={`Add ${client.businessName}`} onClick={() => onAdd(client)}>
            Add
          </Button>
        </li>
      ))}
    </ul>
  )
}

function Members({ group, onRemove }: { group: Group; onRemove: (client: GroupClient) => void }) {
  const list = useInfiniteQuery(pages(groups.clients, { query: { groupId: group.id, limit: 100 } }))
  const rows = list.data?.pages.flatMap((page) => page.items)
  if (list.isError && !rows) return <ErrorState error={list.error} title="We could not load its clients" onRetry={() => void list.refetch()} />
  if (rows === undefined) return <SkeletonRows rows={4} height={32} />
  if (rows.length === 0) return <p className={styles.quiet}>None yet. Find clients above, or choose the group in a client’s settings.</p>
  return (
    <>
      <ul className={styles.list} aria-label="Clients in this group">
        {rows.map((client) => (
          <li key={client.id}>
            <span className={styles.cut} title={client.businessName}>
              {client.businessName}
            </span>
            <Button
              size="sm"
              variant="subtle"
              leftSection={<X size={14} aria-hidden />}
              aria-label={`Take ${client.businessName} out`}
              onClick={() => onRemove(client)}
            >
              Take out
            </Button>
          </li>
        ))}
      </ul>
      {list.hasNextPage && (
        <Button size="sm" loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
          Show more
        </Button>
      )}
    </>
  )
}
