import { Button } from '@mantine/core'
import { books } from '@ledgersync/shared/books'
import type { Client } from '@ledgersync/shared/clients'
import type { Connection } from '@ledgersync/shared/connections'
import { useMutation, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { ExternalLink, Mail, Phone } from 'lucide-react'
import { call } from '../../api.ts'
import { paths } from '../../paths.ts'
import { query } from '../../query.ts'
import { Badge } from '../../ui/badge.tsx'
import { DateTime } from '../../ui/date-time.tsx'
import { ErrorState } from '../../ui/states.tsx'
import { toastError } from '../../ui/toasts.tsx'
import { History } from '../connections/history.tsx'
import { formatPhone } from './invite-words.ts'
import styles from './summary.module.css'

/** Beside the summary: whom to talk to, the link to QuickBooks and what happened to each bank. */
export function SummaryPanel({ client, connections }: { client: Client; connections: Connection[] | undefined }) {
  return (
    <>
      <Contact client={client} />
      <BooksCard client={client} />
      {connections?.map((connection) => (
        <History key={connection.id} connection={connection} />
      ))}
    </>
  )
}

function Contact({ client }: { client: Client }) {
  const { contactFirstName, contactLastName, phone, email, textOptedOut, textConsentAt } = client
  const name = `${contactFirstName} ${contactLastName}`.trim()
  const texts = textOptedOut ? 'replied STOP' : textConsentAt === null ? 'has not agreed to texts' : 'agreed to texts'
  return (
    <section aria-label="Contact">
      <h2>{name === '' ? 'Contact' : name}</h2>
      {phone !== null && (
        <div className={styles.panelLine}>
          <Phone size={14} aria-hidden />
          <a href={`tel:${phone}`}>{formatPhone(phone)}</a>
          <span className={styles.quiet}>{texts}</span>
        </div>
      )}
      {email !== null && (
        <div className={styles.panelLine}>
          <Mail size={14} aria-hidden />
          <a href={`mailto:${email}`}>{email}</a>
        </div>
      )}
      {(phone === null || email === null) && (
        <p>
          {phone === null && email === null ? 'No phone and no e-mail yet.' : phone === null ? 'No cell phone yet.' : 'No e-mail yet.'}{' '}
          <Link to={paths.clientSettings} params={{ clientId: client.id }}>
            Add it
          </Link>
        </p>
      )}
      {client.staffHaveAccess && <p>Your firm holds the bank login.</p>}
    </section>
  )
}

function BooksCard({ client: { id, businessName } }: { client: Client }) {
  const params = { clientId: id }
  const link = useQuery(query(books.get, { params }))
  const reconnect = useMutation({
    mutationFn: () => call(books.authorize, { params }),
    onSuccess: ({ url }) => window.location.assign(url),
    onError: (error) => toastError(error, 'QuickBooks did not open'),
  })
  const found = link.data?.books
  return (
    <section aria-label="QuickBooks">
      <div className={styles.panelHead}>
        <h2>QuickBooks</h2>
        {found === null && <Badge>Not connected</Badge>}
        {found && (
          <Badge tone={found.state === 'reconnect' ? 'warn' : 'ok'}>{found.state === 'reconnect' ? 'Reconnect' : 'Connected'}</Badge>
        )}
      </div>
      {link.isError && !link.data && <ErrorState error={link.error} onRetry={() => void link.refetch()} />}
      {found === null && (
        <>
          <p>Entries can be coded now and go to QuickBooks once {businessName} is connected.</p>
          <Button size="sm" renderRoot={(props) => <Link to={paths.clientMapping} params={params} {...props} />}>
            Connect QuickBooks
          </Button>
        </>
      )}
      {found?.state === 'reconnect' && (
        <>
          <p>QuickBooks ended the access to {found.companyName}. Approved entries wait here. Nothing is lost.</p>
          <Button
            size="sm"
            loading={reconnect.isPending}
            rightSection={<ExternalLink size={14} aria-hidden />}
            onClick={() => reconnect.mutate()}
          >
            Reconnect QuickBooks
          </Button>
        </>
      )}
      {found?.state === 'connected' && (
        <>
          <p>
            <a href={found.url} target="_blank" rel="noreferrer">
              {found.companyName}
            </a>
            , in {found.homeCurrency}
            <br />
            {found.refreshing ? (
              'Reading accounts and vendors now'
            ) : (
              <>
                Accounts and vendors read <DateTime at={found.refreshedAt} shape="ago" />
              </>
            )}
          </p>
          <Link to={paths.clientMapping} params={params}>
            See the mapping
          </Link>
        </>
      )}
    </section>
  )
}
