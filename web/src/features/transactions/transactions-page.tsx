import { Button } from '@mantine/core'
import { Link, useParams } from '@tanstack/react-router'
import { paths } from '../../paths.ts'
import { EmptyState } from '../../ui/states.tsx'
import { ListPane } from '../../ui/list-pane.tsx'
import { TransactionsFilters, TransactionsTable } from './transactions-list.tsx'

/** A client's transactions, newest first. */
export function TransactionsPage() {
  const { clientId } = useParams({ from: '/app/clients/$clientId' })
  return (
    <ListPane filters={<TransactionsFilters clientId={clientId} />}>
      <TransactionsTable
        clientId={clientId}
        nothing={
          <EmptyState
            title="No transactions yet"
            actions={<Button renderRoot={(props) => <Link to={paths.client} params={{ clientId }} {...props} />}>See the banks</Button>}
          >
            They appear here as soon as a bank is connected and has been read once.
          </EmptyState>
        }
      />
    </ListPane>
  )
}
