import { Button } from '@mantine/core'
import { auth } from '@ledgersync/shared/auth'
import { clients } from '@ledgersync/shared/clients'
import { type Statement, statementBytesMax, statements } from '@ledgersync/shared/statements'
import { useInfiniteQuery, useMutation, useSuspenseQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { Download, FileText, Trash2 } from 'lucide-react'
import { addressFor, call } from '../../api.ts'
import { invalidate, pages, query } from '../../query.ts'
import { Badge } from '../../ui/badge.tsx'
import { confirm } from '../../ui/confirm.tsx'
import type { CardParts } from '../../ui/data-cards.tsx'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { DateTime } from '../../ui/date-time.tsx'
import { DropFiles } from '../../ui/drop-files.tsx'
import { Progress } from '../../ui/progress.tsx'
import { EmptyState, ErrorState, Notice } from '../../ui/states.tsx'
import { toast, toastError } from '../../ui/toasts.tsx'
import styles from './statements.module.css'
import { useUpload } from './use-upload.ts'
import { kindWords, sizeWords } from './words.ts'

const columns: Column<Statement>[] = [
  { id: 'name', header: 'Name', cell: ({ fileName }) => <strong title={fileName}>{fileName}</strong> },
  { id: 'kind', header: 'Kind', width: '72px', cell: ({ kind }) => kindWords[kind] },
  { id: 'size', header: 'Size', width: '88px', align: 'end', cell: ({ byteCount }) => sizeWords(byteCount) },
  { id: 'from', header: 'From', width: '18%', cell: (statement) => <From statement={statement} /> },
  { id: 'at', header: 'Received', width: '160px', align: 'end', cell: ({ receivedAt }) => <DateTime at={receivedAt} /> },
]

/** Blue is moving: what the client sent and nobody has looked at yet. */
function From({ statement: { sentBy, downloadedAt } }: { statement: Statement }) {
  if (sentBy !== null)
    return (
      <span className={styles.from} title={sentBy}>
        {sentBy}
      </span>
    )
  return downloadedAt === null ? <Badge tone="moving">New from the client</Badge> : <span className={styles.from}>The client</span>
}

/** The statements of a client: what they sent by the link, and what staff uploaded. */
export function StatementsPage() {
  const { clientId } = useParams({ from: '/app/clients/$clientId' })
  const { data: client } = useSuspenseQuery(query(clients.get, { params: { clientId } }))
  const list = useInfiniteQuery(pages(statements.list, { params: { clientId }, query: {} }))
  const rows = list.data?.pages.flatMap(({ items }) => items)
  const actions = (statement: Statement) => <Actions statement={statement} clientId={clientId} />
  const card = (statement: Statement): CardParts => ({
    title: statement.fileName,
    state: <From statement={statement} />,
    meta: `${kindWords[statement.kind]}, ${sizeWords(statement.byteCount)}`,
    figures: <DateTime at={statement.receivedAt} shape="ago" />,
    actions: actions(statement),
  })
  return (
    <>
      <Upload clientId={clientId} />
      <DataTable
        label="Statements"
        columns={columns}
        rows={rows}
        rowKey={({ id }) => id}
        card={card}
        actions={actions}
        actionsWidth="216px"
        minWidth={820}
        more={{ hasMore: list.hasNextPage, loading: list.isFetchingNextPage, load: () => void list.fetchNextPage() }}
        error={
          list.isError &&
          !list.data && <ErrorState error={list.error} title="We could not load the statements" onRetry={() => void list.refetch()} />
        }
        empty={
          <EmptyState icon={FileText} title="No statements yet">
            {client.contactFirstName === '' ? 'The client' : client.contactFirstName} can send them by the link of an invite, without a
            login: use the Invite button above. Files you have already can be dropped here.
          </EmptyState>
        }
      />
    </>
  )
}

function Upload({ clientId }: { clientId: string }) {
  const { state, send, dismiss } = useUpload(clientId)
  const { current, done, total, refused } = state
  return (
    <div className={styles.upload}>
      <DropFiles
        low
        multiple
        label="Choose statements"
        title={current === null ? 'Drop statements here' : `Uploading ${current}`}
        choose="choose files"
        hint={`PDF, CSV, OFX, QFX or QBO, at most ${statementBytesMax / 1024 / 1024} MB each. Kept encrypted.`}
        accept=".pdf,.csv,.txt,.tsv,.ofx,.qfx,.qbo,application/pdf,text/csv"
        onFiles={send}
      />
      {current !== null && <Progress done={done} total={total} label="Files uploaded" />}
      {refused.length > 0 && (
        <Notice
          tone="bad"
          title={refused.length === 1 ? 'One file was not kept' : `${refused.length} files were not kept`}
          action={
            <Button size="sm" onClick={dismiss}>
              Dismiss
            </Button>
          }
        >
          <ul className={styles.refused}>
            {refused.map((why) => (
              <li key={why}>{why}</li>
            ))}
          </ul>
        </Notice>
      )}
    </div>
  )
}

function Actions({ statement: { id, fileName }, clientId }: { statement: Statement; clientId: string }) {
  const params = { clientId, statementId: id }
  const download = useMutation({
    // Asked first, which renews a session whose cookie ran out: the browser fetches the file by itself
    mutationFn: () => call(auth.me),
    onSuccess: () => window.location.assign(addressFor(statements.download, {}, params)),
    onError: (error) => toastError(error, 'The download did not begin'),
  })
  const remove = useMutation({
    mutationFn: () => call(statements.remove, { params }),
    onSuccess: async () => {
      toast({ title: `${fileName} deleted` })
      await invalidate([statements.list], clientId)
    },
    onError: (error) => toastError(error, `${fileName} was not deleted`),
  })
  const ask = async () => {
    const yes = await confirm({
      title: 'Delete this statement?',
      body: `${fileName} is erased for good. If it is needed again, it has to be sent or uploaded again.`,
      confirm: 'Delete statement',
      keep: 'Keep statement',
      final: true,
    })
    if (yes) remove.mutate()
  }
  return (
    <>
      <Button
        size="sm"
        leftSection={<Download size={14} aria-hidden />}
        aria-label={`Download ${fileName}`}
        loading={download.isPending}
        onClick={() => download.mutate()}
      >
        Download
      </Button>
      <Button
        size="sm"
        variant="subtle"
        leftSection={<Trash2 size={14} aria-hidden />}
        aria-label={`Delete ${fileName}`}
        loading={remove.isPending}
        onClick={() => void ask()}
      >
        Delete
      </Button>
    </>
  )
}
