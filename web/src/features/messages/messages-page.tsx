import { Button } from '@mantine/core'
import { type Message, messages } from '@ledgersync/shared/messages'
import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { MessageSquareText } from 'lucide-react'
import { useState } from 'react'
import { query } from '../../query.ts'
import { Badge } from '../../ui/badge.tsx'
import type { CardParts } from '../../ui/data-cards.tsx'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { DateTime } from '../../ui/date-time.tsx'
import { None } from '../../ui/money.tsx'
import { EmptyState, ErrorState } from '../../ui/states.tsx'
import { formatPhone } from '../clients/invite-words.ts'
import { MessagePanel } from './message-panel.tsx'
import { channelWords, stateWords, waitWords } from './words.ts'

const columns: Column<Message>[] = [
  { id: 'to', header: 'To', width: '22%', cell: ({ to }) => <strong title={to}>{formatPhone(to)}</strong> },
  { id: 'channel', header: 'Channel', width: '80px', cell: ({ channel }) => channelWords[channel] },
  { id: 'text', header: 'Text', cell: ({ body }) => <span title={body}>{body}</span> },
  { id: 'state', header: 'State', width: '100px', cell: (message) => <State message={message} /> },
  {
    id: 'reason',
    header: 'Reason',
    width: '20%',
    cell: (message) => <Reason message={message} />,
  },
  { id: 'at', header: 'Time', width: '160px', align: 'end', cell: ({ createdAt }) => <DateTime at={createdAt} /> },
]

/** Why it failed or waits, and when it goes. */
function reasonOf(message: Message): string | null {
  return [message.reason, waitWords(message)].filter((text) => text !== null).join(' · ') || null
}

function Reason({ message }: { message: Message }) {
  const text = reasonOf(message)
  return text === null ? <None /> : <span title={text}>{text}</span>
}

function State({ message: { state } }: { message: Message }) {
  const { label, tone } = stateWords[state]
  return <Badge tone={tone}>{label}</Badge>
}

/** Everything sent to a client and whether it arrived. */
export function MessagesPage() {
  const { clientId } = useParams({ from: '/app/clients/$clientId' })
  const list = useQuery(query(messages.list, { params: { clientId } }))
  const [openId, setOpenId] = useState<string | null>(null)
  const open = list.data?.items.find(({ id }) => id === openId) ?? null
  const history = (message: Message) => (
    <Button size="sm" aria-label={`History of the message to ${formatPhone(message.to)}`} onClick={() => setOpenId(message.id)}>
      History
    </Button>
  )
  const card = (message: Message): CardParts => ({
    title: formatPhone(message.to),
    state: <State message={message} />,
    meta: reasonOf(message) ?? message.body,
    figures: <DateTime at={message.createdAt} shape="ago" />,
    actions: history(message),
  })
  return (
    <>
      <DataTable
        label="Messages"
        columns={columns}
        rows={list.data?.items}
        rowKey={({ id }) => id}
        card={card}
        actions={history}
        actionsWidth="112px"
        minWidth={900}
        isSelected={({ id }) => id === openId}
        error={
          list.isError &&
          !list.data && <ErrorState error={list.error} title="We could not load the messages" onRetry={() => void list.refetch()} />
        }
        empty={
          <EmptyState icon={MessageSquareText} title="No messages yet">
            Invites by text or e-mail, and how each was delivered, appear here. Use the Invite button above for the first one.
          </EmptyState>
        }
      />
      <MessagePanel message={open} onClose={() => setOpenId(null)} />
    </>
  )
}
