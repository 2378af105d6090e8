import { Button, Checkbox } from '@mantine/core'
import { type Client, clients } from '@ledgersync/shared/clients'
import { staff } from '@ledgersync/shared/team'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { call } from '../../api.ts'
import { invalidate, query, queryClient } from '../../query.ts'
import { useMe } from '../../session.ts'
import { Initials } from '../../ui/badge.tsx'
import { EmptyState, ErrorState, SkeletonRows } from '../../ui/states.tsx'
import { toast } from '../../ui/toasts.tsx'
import styles from './settings.module.css'

/** Who looks after the client. Administrators choose; employees see it. */
export function SettingsStaff({ client }: { client: Client }) {
  const { staff: self } = useMe()
  const team = useQuery(query(staff.list))
  if (team.isError && !team.data)
    return <ErrorState error={team.error} title="We could not load your team" onRetry={() => void team.refetch()} />
  if (!team.data) return <SkeletonRows rows={3} />
  if (self.role === 'administrator') return <StaffChoice client={client} people={team.data.items} />
  const assigned = team.data.items.filter(({ id }) => client.staffIds.includes(id))
  if (assigned.length === 0) return <EmptyState title="Nobody is assigned">An administrator can assign staff here.</EmptyState>
  return (
    <ul className={styles.people} aria-label="Assigned staff">
      {assigned.map(({ id, name }) => (
        <li key={id}>
          <Initials name={name} /> {name}
        </li>
      ))}
    </ul>
  )
}

function StaffChoice({ client, people }: { client: Client; people: { id: string; name: string; email: string }[] }) {
  // Null follows what is saved, until a person chooses something else
  const [chosen, setChosen] = useState<string[] | null>(null)
  const value = chosen ?? client.staffIds
  const assign = useMutation({
    mutationFn: (staffIds: string[]) => call(clients.assign, { params: { clientId: client.id }, body: { staffIds } }),
    onSuccess: async (saved) => {
      queryClient.setQueryData(query(clients.get, { params: { clientId: client.id } }).queryKey, saved)
      setChosen(null)
      toast({ title: 'Staff saved' })
      await invalidate([clients.list, clients.counts, staff.list])
    },
  })
  return (
    <div className={styles.form}>
      {assign.error && <ErrorState error={assign.error} title="The staff were not saved" />}
      <Checkbox.Group aria-label="Assigned staff" value={[...value]} onChange={setChosen}>
        <div className={styles.choices}>
          {people.map(({ id, name, email }) => (
            <Checkbox
              key={id}
              value={id}
              label={
                <>
                  {name} <span className={styles.quiet}>{email}</span>
                </>
              }
            />
          ))}
        </div>
      </Checkbox.Group>
      <div className={styles.buttons}>
        <Button loading={assign.isPending} onClick={() => assign.mutate([...value])}>
          Save staff
        </Button>
      </div>
    </div>
  )
}
