import { Button } from '@mantine/core'
import type { InviteChannel } from '@ledgersync/shared/clients'
import { firms } from '@ledgersync/shared/firms'
import { headsUp, type InviteFacts } from '@ledgersync/shared/texts'
import { useSuspenseQuery } from '@tanstack/react-query'
import { Ban, Copy, Info, Mail, MessageSquareText, MessagesSquare } from 'lucide-react'
import { useState } from 'react'
import { query } from '../../query.ts'
import { useMe } from '../../session.ts'
import { formatWeekday } from '../../ui/time.ts'
import { type AddClientValues, type ClosedChannels } from './add-client-values.ts'
import { ChoiceCards } from './choice-cards.tsx'
import { copyText } from './copy-text.ts'
import { EmailPreview, TextPreview } from './invite-preview.tsx'
import styles from './add-client.module.css'

interface InviteColumnProps {
  values: AddClientValues
  /** What will be used, which is not what was chosen when that is closed. */
  invite: InviteChannel
  closed: ClosedChannels
  error: string | undefined
  onChange: (invite: InviteChannel) => void
}

const noteId = 'add-client-invite-note'

/** How the invite goes out, and what the client will read. */
export function InviteColumn({ values, invite, closed, error, onChange }: InviteColumnProps) {
  const note = noteOf(closed)
  return (
    <aside className={styles.column} aria-label="Invite">
      <div className={styles.stack}>
        <ChoiceCards
          label="Invite by"
          name="invite"
          small
          value={invite}
          onChange={onChange}
          noteId={noteId}
          choices={[
            { value: 'sms', name: 'SMS', icon: <MessageSquareText size={16} aria-hidden />, closed: closed.sms },
            { value: 'email', name: 'Email', icon: <Mail size={16} aria-hidden />, closed: closed.email },
            { value: 'both', name: 'Both', icon: <MessagesSquare size={16} aria-hidden />, closed: closed.both },
            { value: 'none', name: 'None', icon: <Ban size={16} aria-hidden /> },
          ]}
        />
        {note !== null && (
          <p id={noteId} className={styles.note}>
            <Info size={14} aria-hidden />
            <span>{note}</span>
          </p>
        )}
        {error !== undefined && (
          <p role="alert" className={styles.wrong}>
            {error}
          </p>
        )}
      </div>
      {invite === 'none' ? <NextSteps values={values} /> : <Preview values={values} invite={invite} />}
    </aside>
  )
}

function noteOf({ sms, email }: ClosedChannels): string | null {
  if (sms !== null && sms === email)
    return `${sms} Invites go out in your name: enter the code we sent you, then invite from the client list.`
  if (sms !== null && email !== null) return 'SMS needs a cell phone and Email needs an address. Fill one in to invite this client.'
  return sms ?? email
}

function useFacts(values: AddClientValues): InviteFacts {
  const { staff } = useMe()
  const firm = useSuspenseQuery(query(firms.get)).data
  return {
    language: values.language,
    contactFirstName: values.contactFirstName,
    clientNames: [values.businessName],
    staffName: staff.name,
    firmName: firm.senderName ?? firm.name,
    bankNames: values.banks.map(({ name }) => name),
  }
}

const dayMs = 86_400_000

function Preview({ values, invite }: { values: AddClientValues; invite: InviteChannel }) {
  const facts = useFacts(values)
  const words = headsUp(facts)
  const [reminderDay] = useState(() => formatWeekday(new Date(Date.now() + 3 * dayMs).toISOString()))
  const name = values.contactFirstName.trim()
  return (
    <>
      <section className={styles.stack} aria-label="Preview">
        <h3 className={styles.quietTitle}>What {name === '' ? 'your client' : name} receives</h3>
        {invite !== 'email' && <TextPreview facts={facts} />}
        {invite !== 'sms' && <EmailPreview facts={facts} />}
        <p className={styles.hint}>
          The link works for 5 days. If no bank is added, one reminder goes out on {reminderDay}, in their daytime.
        </p>
      </section>
      <section className={styles.headsUp} aria-label="Tell your client first">
        <div className={styles.headsUpTitle}>
          <h3>Tell your client first</h3>
          <Button size="sm" leftSection={<Copy size={14} aria-hidden />} onClick={() => void copyText(words, 'Heads-up copied')}>
            Copy
          </Button>
        </div>
        <p>A word from you beforehand is what makes a careful owner tap the link. Send this from your own phone:</p>
        <p className={styles.bubble}>{words}</p>
      </section>
    </>
  )
}

/** What happens when nothing is sent. */
function NextSteps({ values: { staffHaveAccess, banks } }: { values: AddClientValues }) {
  const [first, ...others] = banks.map(({ name }) => name)
  const rest = others.length === 0 ? 'You open it on the client’s page.' : `Then ${others.join(', ')}. Skip any and come back later.`
  const connect = staffHaveAccess
    ? {
        title: first === undefined ? 'You sign in at their banks' : `You sign in at ${first}`,
        detail: first === undefined ? 'From the client’s page.' : rest,
      }
    : { title: 'You invite them when you are ready', detail: 'From the client list or the client’s page. Nothing is sent until then.' }
  const steps = [
    { title: 'Client is added', detail: 'The client’s page opens.' },
    connect,
    { title: 'History arrives', detail: 'Up to 24 months, as far as the bank gives it. You can leave the page.' },
  ]
  return (
    <section className={styles.stack}>
      <h3>What happens next</h3>
      <ol className={styles.steps}>
        {steps.map(({ title, detail }) => (
          <li key={title}>
            <strong>{title}</strong>
            <span>{detail}</span>
          </li>
        ))}
      </ol>
    </section>
  )
}
