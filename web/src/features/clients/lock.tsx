import { Button } from '@mantine/core'
import { type Client, clients } from '@ledgersync/shared/clients'
import { useMutation } from '@tanstack/react-query'
import { Lock, LockOpen } from 'lucide-react'
import { call } from '../../api.ts'
import { invalidate, query, queryClient } from '../../query.ts'
import { Notice } from '../../ui/states.tsx'
import { toast, toastError } from '../../ui/toasts.tsx'
import styles from './client-layout.module.css'

/** Locks or unlocks; either can be taken back from where it is told. */
function useLock({ id, businessName }: Pick<Client, 'id' | 'businessName'>) {
  const change = useMutation({
    mutationFn: (locked: boolean) => call(locked ? clients.lock : clients.unlock, { params: { clientId: id } }),
    onSuccess: async (saved, locked) => {
      queryClient.setQueryData(query(clients.get, { params: { clientId: id } }).queryKey, saved)
      toast({
        title: `${businessName} is ${locked ? 'locked' : 'unlocked'}`,
        detail: locked ? 'Links do not work and nothing is fetched.' : 'Links work again, and what came meanwhile is being fetched.',
        action: { label: 'Undo', run: () => change.mutate(!locked) },
      })
      await invalidate([clients.list, clients.counts])
    },
    onError: async (error) => {
      toastError(error, `${businessName} was not changed`)
      await invalidate([clients.get], id)
    },
  })
  return change
}

/** Locks an open client, unlocks a locked one. */
export function LockButton({ client, small = false }: { client: Client; small?: boolean }) {
  const change = useLock(client)
  const Icon = client.locked ? LockOpen : Lock
  return (
    <Button
      size={small ? 'sm' : 'md'}
      leftSection={<Icon size={14} aria-hidden />}
      loading={change.isPending}
      onClick={() => change.mutate(!client.locked)}
    >
      {client.locked ? 'Unlock client' : 'Lock client'}
    </Button>
  )
}

/** On every page of a locked client: what that stops, and the way out. */
export function LockedNotice({ client }: { client: Client }) {
  if (!client.locked) return null
  return (
    <div className={styles.notice}>
      <Notice tone="warn" title="This client is locked" action={<LockButton client={client} small />}>
        Links do not work, messages that wait are not sent, and nothing is fetched from the banks.
      </Notice>
    </div>
  )
}
