import { Button } from '@mantine/core'
import type { Client } from '@ledgersync/shared/clients'
import { statements } from '@ledgersync/shared/statements'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { paths } from '../../paths.ts'
import { query } from '../../query.ts'
import { formatAgo } from '../../ui/time.ts'
import { Notice } from '../../ui/states.tsx'

/** Says that statements came which nobody has downloaded yet; nothing when there are none. */
export function StatementsNotice({ client: { id, contactFirstName } }: { client: Client }) {
  const list = useQuery(query(statements.list, { params: { clientId: id }, query: {} }))
  const fresh = list.data?.items.filter(({ sentBy, downloadedAt }) => sentBy === null && downloadedAt === null) ?? []
  const [newest] = fresh
  if (newest === undefined) return null
  const ago = formatAgo(newest.receivedAt)
  const who = contactFirstName === '' ? 'The client' : contactFirstName
  const what = fresh.length === 1 ? 'a statement' : `${fresh.length}${list.data?.nextCursor === null ? '' : ' or more'} statements`
  return (
    <Notice
      tone="info"
      title={`${who} sent ${what}`}
      action={
        <Button size="sm" renderRoot={(props) => <Link to={paths.clientStatements} params={{ clientId: id }} {...props} />}>
          See statements
        </Button>
      }
    >
      The last one came {ago === 'now' ? 'just now' : ago}. Nobody has downloaded {fresh.length === 1 ? 'it' : 'them'} yet.
    </Notice>
  )
}
