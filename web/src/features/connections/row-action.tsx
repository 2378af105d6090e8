import { Button, Menu } from '@mantine/core'
import type { ConnectionRow } from '@ledgersync/shared/connections'
import { ChevronDown } from 'lucide-react'
import { useAskClient } from './use-ask-client.ts'
import { useBankSignIn } from './use-bank-sign-in.ts'

/** What helps where the bank wants a new sign-in: ask the client, or sign in oneself; nothing for connections that need nobody. */
export function RowAction({ row: { id, clientId, clientName, institutionName, health } }: { row: ConnectionRow }) {
  const bank = useBankSignIn(clientId)
  const ask = useAskClient(clientId, clientName)
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
