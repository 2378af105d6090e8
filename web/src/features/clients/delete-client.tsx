import { ActionIcon, Button, Modal, TextInput, Tooltip } from '@mantine/core'
import { auth } from '@ledgersync/shared/auth'
import { clients } from '@ledgersync/shared/clients'
import { type Deletion, erasure } from '@ledgersync/shared/erasure'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { Download, Trash2, X } from 'lucide-react'
import { useState } from 'react'
import { addressFor, call } from '../../api.ts'
import { paths } from '../../paths.ts'
import { invalidate, query } from '../../query.ts'
import { ActionButton } from '../../ui/action-button.tsx'
import { formatCount } from '../../ui/money.tsx'
import { ErrorState, SkeletonRows } from '../../ui/states.tsx'
import { toast, toastError } from '../../ui/toasts.tsx'
import { fieldErrorsOf } from '../../words.ts'
import styles from './delete-client.module.css'

interface Deletable {
  id: string
  businessName: string
}

/** The red X of a row in the list. */
export function DeleteClientIcon({ client }: { client: Deletable }) {
  const [opened, setOpened] = useState(false)
  return (
    <>
      <Tooltip label="Delete">
        <ActionIcon size="sm" aria-label={`Delete ${client.businessName}`} onClick={() => setOpened(true)}>
          <X size={16} color="var(--bad)" />
        </ActionIcon>
      </Tooltip>
      {opened && <DeleteClientDialog client={client} onClose={() => setOpened(false)} />}
    </>
  )
}

/** The way to delete from the client's own pages, which are left when it is done. */
export function DeleteClientButton({ client }: { client: Deletable }) {
  const [opened, setOpened] = useState(false)
  const navigate = useNavigate()
  return (
    <>
      <Button leftSection={<Trash2 size={14} aria-hidden />} onClick={() => setOpened(true)}>
        Delete client…
      </Button>
      {opened && (
        <DeleteClientDialog
          client={client}
          onClose={() => setOpened(false)}
          onDeleted={() => void navigate({ to: paths.clients, ignoreBlocker: true })}
        />
      )}
    </>
  )
}

interface DialogProps {
  client: Deletable
  onClose: () => void
  /** Runs before anything is fetched anew. */
  onDeleted?: () => void
}

/** Says what goes and what stays, and deletes once the name is typed. */
function DeleteClientDialog({ client: { id, businessName }, onClose, onDeleted }: DialogProps) {
  const [typed, setTyped] = useState('')
  const found = useQuery({ ...query(erasure.preview, { params: { clientId: id } }), staleTime: 0, gcTime: 0 })
  const remove = useMutation({
    mutationFn: () => call(erasure.remove, { params: { clientId: id }, body: { businessName: typed } }),
    onSuccess: async () => {
      onClose()
      onDeleted?.()
      toast({ title: `${businessName} is deleted`, detail: 'Its banks and QuickBooks are being disconnected.' })
      await invalidate([clients.list, clients.counts])
    },
  })
  const fieldError = fieldErrorsOf(remove.error).businessName
  const isTyped = typed.trim().replaceAll(/\s+/g, ' ') === businessName.trim().replaceAll(/\s+/g, ' ')
  return (
    <Modal opened onClose={onClose} title={`Delete ${businessName}?`} size={440} withCloseButton={false}>
      <form
        className={styles.form}
        noValidate
        onSubmit={(event) => {
          event.preventDefault()
          if (isTyped && !remove.isPending) remove.mutate()
        }}
      >
        {found.isError && <ErrorState error={found.error} onRetry={() => void found.refetch()} />}
        {found.isPending && <SkeletonRows rows={3} />}
        {found.data && <Consequences of={found.data} />}
        <ExportClient clientId={id} />
        {remove.error && fieldError === undefined && <ErrorState error={remove.error} title="The client was not deleted" />}
        <TextInput
          label={`Type ${businessName} to confirm`}
          value={typed}
          error={fieldError}
          autoComplete="off"
          spellCheck={false}
          data-autofocus
          onChange={(event) => setTyped(event.currentTarget.value)}
        />
        <div className={styles.buttons}>
          <Button onClick={onClose}>Keep client</Button>
          <ActionButton
            type="submit"
            variant="filled"
            color="red"
            leftSection={<Trash2 size={14} aria-hidden />}
            loading={remove.isPending}
            unavailable={isTyped ? null : 'Type the name of the client first.'}
          >
            Delete client
          </ActionButton>
        </div>
      </form>
    </Modal>
  )
}

/** The way to keep what is about to be erased. */
function ExportClient({ clientId }: { clientId: string }) {
  const download = useMutation({
    // Asked first, which renews a session whose cookie ran out: the browser fetches the file by itself
    mutationFn: () => call(auth.me),
    onSuccess: () => window.location.assign(addressFor(erasure.export, {}, { clientId })),
    onError: (error) => toastError(error, 'The export did not begin'),
  })
  return (
    <div className={styles.export}>
      <div>
        <strong>Keep a copy first</strong>
        <div className={styles.quiet}>
          A ZIP with everything we hold: spreadsheets of transactions, rules, messages and history, and the statements.
        </div>
      </div>
      <Button leftSection={<Download size={14} aria-hidden />} loading={download.isPending} onClick={() => download.mutate()}>
        Export
      </Button>
    </div>
  )
}

const counted = (count: number, one: string, many: string): string => (count === 1 ? `1 ${one}` : `${formatCount(count)} ${many}`)

const listed = (parts: string[]): string => new Intl.ListFormat('en').format(parts)

/** Leaves out what the client does not have. */
function Consequences({ of }: { of: Deletion }) {
  const { banks, booksCompany, transactions, rules, statements, messages, waitingMessages, waitingEntries, entriesInBooks } = of
  const ended = [banks > 0 && counted(banks, 'bank', 'banks'), booksCompany !== null && `QuickBooks (${booksCompany})`].filter(
    (words) => words !== false,
  )
  const stopped = [
    waitingMessages > 0 && counted(waitingMessages, 'waiting message', 'waiting messages'),
    waitingEntries > 0 && counted(waitingEntries, 'entry on its way to QuickBooks', 'entries on their way to QuickBooks'),
  ].filter((words) => words !== false)
  const erased = [
    transactions > 0 && counted(transactions, 'transaction', 'transactions'),
    rules > 0 && counted(rules, 'rule', 'rules'),
    statements > 0 && counted(statements, 'statement', 'statements'),
    messages > 0 && counted(messages, 'message', 'messages'),
  ].filter((words) => words !== false)
  return (
    <div>
      <p>This cannot be undone. It will:</p>
      <ul className={styles.list}>
        <li>make every link we sent to this client stop working</li>
        {ended.length > 0 && <li>disconnect {listed(ended)}</li>}
        {stopped.length > 0 && <li>stop {listed(stopped)}</li>}
        <li>erase {listed([...erased, 'the client’s own details'])}</li>
        {entriesInBooks > 0 && (
          <li>
            leave {counted(entriesInBooks, 'entry', 'entries')} already in QuickBooks where {entriesInBooks === 1 ? 'it is' : 'they are'}
          </li>
        )}
        <li>keep the fact in the audit log, and any wish to get no more texts or mail</li>
      </ul>
    </div>
  )
}
