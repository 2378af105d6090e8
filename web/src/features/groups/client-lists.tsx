import { Button } from '@mantine/core'
import type { Input } from '@ledgersync/shared/endpoint'
import { type GroupClient, groups } from '@ledgersync/shared/groups'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Plus, X } from 'lucide-react'
import { useState } from 'react'
import { pages, query } from '../../query.ts'
import { SearchField } from '../../ui/search-field.tsx'
import { ErrorState, SkeletonRows } from '../../ui/states.tsx'
import styles from './groups.module.css'

type Filter = Omit<NonNullable<Input<typeof groups.clients>['query']>, 'search' | 'cursor' | 'limit'>

/** Finds clients to add to something, by typing; one press adds. */
export function ClientFinder({ among, onAdd }: { among: Filter; onAdd: (client: GroupClient) => void }) {
  const [search, setSearch] = useState('')
  return (
    <section className={styles.part} aria-label="Add clients">
      <h3>Add clients</h3>
      <SearchField
        label="Find clients to add"
        placeholder="Find clients to add"
        value={search}
        onChange={setSearch}
        width="100%"
        size="md"
      />
      {search !== '' && <Found among={among} search={search} onAdd={onAdd} />}
    </section>
  )
}

function Found({ among, search, onAdd }: { among: Filter; search: string; onAdd: (client: GroupClient) => void }) {
  const found = useQuery(query(groups.clients, { query: { ...among, search, limit: 20 } }))
  const names = new Map(useQuery(query(groups.list)).data?.items.map(({ id, name }) => [id, name]))
  const rows = found.data?.items
  if (found.isError && !rows) return <ErrorState error={found.error} title="We could not search" onRetry={() => void found.refetch()} />
  if (rows === undefined) return <SkeletonRows rows={3} height={32} />
  if (rows.length === 0) return <p className={styles.quiet}>No other client matches “{search}”.</p>
  return (
    <ul className={styles.list} aria-label="Clients found">
      {rows.map((client) => (
        <li key={client.id}>
          <Name client={client} />
          {client.groupId !== null && <span className={styles.quiet}>{names.get(client.groupId)}</span>}
          <Button
            size="sm"
            leftSection={<Plus size={14} aria-hidden />}
            aria-label={`Add ${client.businessName}`}
            onClick={() => onAdd(client)}
          >
            Add
          </Button>
        </li>
      ))}
    </ul>
  )
}

interface ClientsOfProps {
  which: Filter
  /** Said when there is none. */
  none: string
  /** The verb of the button at each: `Take out`. */
  verb: string
  onRemove?: ((client: GroupClient) => void) | undefined
}

/** Clients of something, a page at a time, each with a button that takes it away. */
export function ClientsOf({ which, none, verb, onRemove }: ClientsOfProps) {
  const list = useInfiniteQuery(pages(groups.clients, { query: { ...which, limit: 100 } }))
  const rows = list.data?.pages.flatMap((page) => page.items)
  if (list.isError && !rows)
    return <ErrorState error={list.error} title="We could not load the clients" onRetry={() => void list.refetch()} />
  if (rows === undefined) return <SkeletonRows rows={4} height={32} />
  if (rows.length === 0) return <p className={styles.quiet}>{none}</p>
  return (
    <>
      <ul className={styles.list} aria-label="Clients">
        {rows.map((client) => (
          <li key={client.id}>
            <Name client={client} />
            {onRemove && (
              <Button
                size="sm"
                variant="subtle"
                leftSection={<X size={14} aria-hidden />}
                aria-label={`${verb} ${client.businessName}`}
                onClick={() => onRemove(client)}
              >
                {verb}
              </Button>
            )}
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

function Name({ client: { businessName } }: { client: GroupClient }) {
  return (
    <span className={styles.cut} title={businessName}>
      {businessName}
    </span>
  )
}
