import { Button, Modal } from '@mantine/core'
import { type Client, clients } from '@ledgersync/shared/clients'
import { firms } from '@ledgersync/shared/firms'
import type { InviteCreate } from '@ledgersync/shared/invites'
import { headsUp } from '@ledgersync/shared/texts'
import { useQuery } from '@tanstack/react-query'
import { Copy, Mail, MessageSquareText, MessagesSquare } from 'lucide-react'
import { Suspense, useState } from 'react'
import { query } from '../../query.ts'
import { useMe } from '../../session.ts'
import { ErrorState, SkeletonRows } from '../../ui/states.tsx'
import { ChoiceCards } from '../clients/choice-cards.tsx'
import { copyText } from '../clients/copy-text.ts'
import { useInvite } from '../clients/invite-menu.tsx'
import { EmailPreview, TextPreview } from '../clients/invite-preview.tsx'
import { type ClosedWays, closedWays, formatPhone } from '../clients/invite-words.ts'
import styles from './funnel.module.css'

type Way = Exclude<InviteCreate['channel'], 'copy'>

/** Shows what the client will receive, and by which way, before it is sent. `first`: the way that is chosen when it opens. */
export function InviteDialog({ clientId, first, onClose }: { clientId: string; first: Way; onClose: () => void }) {
  const client = useQuery(query(clients.get, { params: { clientId } }))
  return (
    <Modal
      opened
      onClose={onClose}
      title={client.data ? `Invite ${client.data.businessName} again` : 'Invite again'}
      size={520}
      withCloseButton={false}
    >
      {client.isError && <ErrorState error={client.error} title="We could not load the client" onRetry={() => void client.refetch()} />}
      {client.isPending && <SkeletonRows rows={4} />}
      {client.data && <Choose client={client.data} first={first} onClose={onClose} />}
    </Modal>
  )
}

function Choose({ client, first, onClose }: { client: Client; first: Way; onClose: () => void }) {
  const { staff } = useMe()
  const firm = useQuery(query(firms.get)).data
  const closed = closedWays(client, staff.emailVerified)
  const [way, setWay] = useState<Way>(() => openWay(first, closed))
  const invite = useInvite(client)
  const facts = {
    language: client.language,
    contactFirstName: client.contactFirstName,
    clientNames: [client.businessName],
    staffName: staff.name,
    firmName: firm?.senderName ?? firm?.name ?? '',
    bankNames: client.banks.flatMap(({ name, connectionId }) => (connectionId === null ? [name] : [])),
  }
  const note = closed[way]
  return (
    <div className={styles.dialog}>
      <ChoiceCards
        label="Invite by"
        name="way"
        small
        value={way}
        onChange={setWay}
        choices={[
          { value: 'sms', name: 'SMS', icon: <MessageSquareText size={16} aria-hidden />, closed: closed.sms },
          { value: 'email', name: 'Email', icon: <Mail size={16} aria-hidden />, closed: closed.email },
          { value: 'both', name: 'Both', icon: <MessagesSquare size={16} aria-hidden />, closed: closed.both },
        ]}
      />
      {note === null && (
        <section className={styles.preview} aria-label="Preview">
          <h3>What {client.contactFirstName.trim() === '' ? 'the client' : client.contactFirstName} receives</h3>
          <Suspense fallback={<SkeletonRows rows={4} />}>
            {way !== 'email' && <TextPreview facts={facts} />}
            {way !== 'sms' && <EmailPreview facts={facts} />}
          </Suspense>
          <p className={styles.quiet}>To {addressee(client, way)}. The link works for 5 days; older links stop working.</p>
        </section>
      )}
      {note !== null && <p role="status">{note}</p>}
      {invite.error && <ErrorState error={invite.error} title="The invite was not sent" />}
      <div className={styles.dialogButtons}>
        <Button
          variant="subtle"
          leftSection={<Copy size={14} aria-hidden />}
          onClick={() => void copyText(headsUp(facts), 'Heads-up copied', 'Send it from your own phone first.')}
        >
          Copy a heads-up first
        </Button>
        <Button onClick={onClose}>Cancel</Button>
        <Button
          variant="filled"
          loading={invite.isPending}
          {...(note !== null && { 'aria-disabled': true })}
          onClick={() => note === null && invite.mutate(way, { onSuccess: onClose })}
        >
          {sendLabels[way]}
        </Button>
      </div>
    </div>
  )
}

const sendLabels: Record<Way, string> = { sms: 'Send text', email: 'Send e-mail', both: 'Send both' }

/** The way wished for, or one that is open. */
function openWay(first: Way, closed: ClosedWays): Way {
  return [first, 'sms' as const, 'email' as const].find((way) => closed[way] === null) ?? first
}

function addressee({ phone, email }: Client, way: Way): string {
  const number = phone === null ? '' : formatPhone(phone)
  return { sms: number, email: email ?? '', both: `${number} and ${email ?? ''}` }[way]
}
