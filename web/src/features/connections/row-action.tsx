import { Button, Menu } from '@mantine/core'
import { type ConnectionRow, connections } from '@ledgersync/shared/connections'
import { invites } from '@ledgersync/shared/invites'
import { messages } from '@ledgersync/shared/messages'
import { useMutation } from '@tanstack/react-query'
import { ChevronDown } from 'lucide-react'
import { call } from '../../api.ts'
import { invalidate } from '../../query.ts'
import { toast, toastError } from '../../ui/toasts.tsx'
import { useBankSignIn } from './use-bank-sign-in.ts'

/** What helps where the bank wants a new sign-in: ask the client, or sign in oneself; nothing for connections that need nobody. */
export function RowAction({ row: { id, clientId, clientName, institutionName, health } }: { row: ConnectionRow }) {
  const bank = useBankSignIn(clientId)
  const ask = useMutation({
    mutationFn: () => call(connections.askClient, { params: { clientId } }),
    onSuccess: async () => {
      toast({ title: `${clientName} is asked to sign in again`, detail: 'One message for all of their banks that want it.' })
      await invalidate([connections.list, invites.list, messages.list])
    },
    onError: (error) => toastError(error, `${clientName} was not asked`),
  })
  if (health !== 'needs_client') return null
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button
          size="sm"
          rightSection={<ChevronDown size={14} aria-hidden />}
          aria-label={`Repair ${institutionName} of ${clientName}`}
          loading={bank.pending !== null || ask.isPending}
        >
          Repair
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={() => ask.mutate()}>Remind client</Menu.Item>
        <Menu.Item onClick={() => bank.open({ connectionId: id })}>Sign in yourself</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
