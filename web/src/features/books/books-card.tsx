import { Button } from '@mantine/core'
import { books } from '@ledgersync/shared/books'
import { useMutation, useQuery } from '@tanstack/react-query'
import { ExternalLink, RefreshCw } from 'lucide-react'
import { call } from '../../api.ts'
import { invalidate, query } from '../../query.ts'
import { Badge } from '../../ui/badge.tsx'
import { confirm } from '../../ui/confirm.tsx'
import { DateTime } from '../../ui/date-time.tsx'
import { ErrorState, SkeletonRows } from '../../ui/states.tsx'
import { toast, toastError } from '../../ui/toasts.tsx'
import styles from './mapping.module.css'

/** The link to QuickBooks: connect, read the lists again, disconnect. */
export function BooksCard({ clientId, clientName }: { clientId: string; clientName: string }) {
  const found = useQuery(query(books.get, { params: { clientId } }))
  const connect = useMutation({
    mutationFn: () => call(books.authorize, { params: { clientId } }),
    onSuccess: ({ url }) => window.location.assign(url),
    onError: (error) => toastError(error),
  })
  const refresh = useMutation({
    mutationFn: () => call(books.refresh, { params: { clientId } }),
    onSuccess: () => invalidate([books.get], clientId),
    onError: (error) => toastError(error),
  })
  if (found.isError) return <ErrorState error={found.error} onRetry={() => void found.refetch()} />
  if (!found.data) return <SkeletonRows rows={2} />
  const link = found.data.books
  if (link === null)
    return (
      <section className={styles.card}>
        <div>
          <h2>QuickBooks is not connected</h2>
          <p>
            Connect the client’s company to see its chart of accounts and vendors here. You sign in at Intuit; we never see the password.
          </p>
        </div>
        <Button variant="filled" loading={connect.isPending || connect.isSuccess} onClick={() => connect.mutate()}>
          Connect QuickBooks
        </Button>
      </section>
    )
  return (
    <section className={styles.card}>
      <div>
        <h2>
          {link.companyName} {link.state === 'connected' ? <Badge tone="ok">Connected</Badge> : <Badge tone="warn">Reconnect</Badge>}
        </h2>
        <p>
          {link.state === 'reconnect' ? (
            'QuickBooks ended the access. Approved entries wait here; nothing is lost.'
          ) : link.refreshing ? (
            <span role="status">Reading accounts and vendors…</span>
          ) : (
            <>
              {link.homeCurrency} · accounts and vendors read <DateTime at={link.refreshedAt} shape="ago" />
            </>
          )}
        </p>
      </div>
      <div className={styles.buttons}>
        {link.state === 'reconnect' ? (
          <Button variant="filled" loading={connect.isPending || connect.isSuccess} onClick={() => connect.mutate()}>
            Reconnect QuickBooks
          </Button>
        ) : (
          <Button
            leftSection={<RefreshCw size={14} aria-hidden />}
            loading={refresh.isPending || link.refreshing}
            onClick={() => refresh.mutate()}
          >
            Refresh
          </Button>
        )}
        <Button
          rightSection={<ExternalLink size={14} aria-hidden />}
          renderRoot={(props) => <a href={link.url} target="_blank" rel="noreferrer" {...props} />}
        >
          Open QuickBooks
        </Button>
        <Button variant="subtle" onClick={() => void disconnect(clientId, clientName, link.companyName)}>
          Disconnect
        </Button>
      </div>
    </section>
  )
}

async function disconnect(clientId: string, clientName: string, companyName: string): Promise<void> {
  const sure = await confirm({
    title: `Disconnect ${companyName}?`,
    body: `Nothing of ${clientName} is pushed until it is connected again. Entries that stand in QuickBooks stay there, and the mapping is kept.`,
    confirm: 'Disconnect QuickBooks',
    keep: 'Keep it connected',
  })
  if (!sure) return
  try {
    await call(books.disconnect, { params: { clientId } })
    toast({ title: `${companyName} is disconnected` })
    await invalidate([books.get, books.accounts, books.vendors, books.mapping], clientId)
  } catch (error) {
    toastError(error)
  }
}
