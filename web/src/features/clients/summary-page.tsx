import { Button } from '@mantine/core'
import { type Client, clients } from '@ledgersync/shared/clients'
import { connections } from '@ledgersync/shared/connections'
import { useQuery, useSuspenseQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { Landmark } from 'lucide-react'
import { query } from '../../query.ts'
import { EmptyState, ErrorState, SkeletonRows } from '../../ui/states.tsx'
import { AccountTable } from '../connections/account-table.tsx'
import { useBankSignIn } from '../connections/use-bank-sign-in.ts'
import { StatementsNotice } from '../statements/statements-notice.tsx'
import { InviteProgress } from './invite-progress.tsx'
import { SummaryPanel } from './summary-panel.tsx'
import { WantedBanks } from './wanted-banks.tsx'
import styles from './summary.module.css'

/** How a client stands: the invite, the banks and their accounts, QuickBooks, and what happened. */
export function SummaryPage() {
  const { clientId } = useParams({ from: '/app/clients/$clientId' })
  const { data: client } = useSuspenseQuery(query(clients.get, { params: { clientId } }))
  const banks = useQuery(query(connections.listOfClient, { params: { clientId } }))
  const items = banks.data?.items
  return (
    <div className={styles.layout}>
      <div className={styles.main}>
        <StatementsNotice client={client} />
        <InviteProgress client={client} />
        <WantedBanks client={client} />
        {items === undefined && !banks.isError && <SkeletonRows rows={5} />}
        {items === undefined && banks.isError && (
          <ErrorState error={banks.error} title="We could not load the banks" onRetry={() => void banks.refetch()} />
        )}
        {items?.length === 0 && <NoBanks client={client} />}
        {items !== undefined && items.length > 0 && <AccountTable clientId={clientId} connections={items} />}
      </div>
      <aside className={styles.panel} aria-label="About this client">
        <SummaryPanel client={client} connections={items} />
      </aside>
    </div>
  )
}

function NoBanks({ client }: { client: Client }) {
  const bank = useBankSignIn(client.id)
  return (
    <EmptyState
      icon={Landmark}
      title="No banks yet"
      actions={
        client.staffHaveAccess && (
          <Button variant="filled" loading={bank.pending !== null} onClick={() => bank.open()}>
            Connect the first bank
          </Button>
        )
      }
    >
      {client.staffHaveAccess
        ? "Sign in at the bank with the client's login. Accounts and transactions appear here."
        : 'Invite the client with the button above: they get a link, sign in at their own bank, and accounts appear here.'}
    </EmptyState>
  )
}
