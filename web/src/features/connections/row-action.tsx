import { Button } from '@mantine/core'
import type { ConnectionRow } from '@ledgersync/shared/connections'
import { useBankSignIn } from './use-bank-sign-in.ts'

/** Repair, where the bank wants a new sign-in; nothing for connections that need nobody. */
export function RowAction({ row: { id, clientId, clientName, institutionName, health } }: { row: ConnectionRow }) {
  const bank = useBankSignIn(clientId)
  if (health !== 'needs_client') return null
  return (
    <Button
      size="sm"
      aria-label={`Repair ${institutionName} of ${clientName}`}
      loading={bank.pending !== null}
      onClick={() => bank.open({ connectionId: id })}
    >
      Repair
    </Button>
  )
}
