import { ActionIcon, Button } from '@mantine/core'
import { auth } from '@ledgersync/shared/auth'
import { firms } from '@ledgersync/shared/firms'
import type { OutreachMessage, OutreachPerson } from '@ledgersync/shared/outreach'
import { shippedTemplate } from '@ledgersync/shared/template-defaults'
import { templates, type TemplateText } from '@ledgersync/shared/templates'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { ChevronLeft, ChevronRight } from 'lucide-react'
import { paths } from '../../paths.ts'
import { query } from '../../query.ts'
import { useMe } from '../../session.ts'
import { formatCount } from '../../ui/money.tsx'
import { Notice } from '../../ui/states.tsx'
import { formatDateTime, formatWeekday, zoneName } from '../../ui/time.ts'
import { shippedKey } from '../templates/addresses.ts'
import { MailLook, openPage, PhoneLook } from '../templates/message-looks.tsx'
import { TestButton } from '../templates/test-button.tsx'
import { channelWords as templateChannels, shippedName } from '../templates/words.ts'
import { formatPhone } from '../clients/invite-words.ts'
import facts from '../../ui/facts.module.css'
import styles from './outreach.module.css'

interface MessageSideProps {
  person: OutreachPerson
  index: number
  total: number
  onMove: (by: number) => void
  onLeave: () => void
}

/** The exact words of one person's messages, and what follows from them. */
export function MessageSide({ person, index, total, onMove, onLeave }: MessageSideProps) {
  const { firstName, messages, linkUntil, remindAt, joins } = person
  const isOne = messages.length === 1
  return (
    <section className={styles.sees} aria-label={`What ${firstName} sees`}>
      <div className={styles.seesTitle}>
        <h3>What {firstName} sees</h3>
        <span className={styles.pager}>
          <ActionIcon aria-label="Person before" aria-disabled={index === 0} onClick={() => onMove(-1)}>
            <ChevronLeft size={16} />
          </ActionIcon>
          <span role="status">
            {formatCount(index + 1)} of {formatCount(total)}
          </span>
          <ActionIcon aria-label="Next person" aria-disabled={index + 1 >= total} onClick={() => onMove(1)}>
            <ChevronRight size={16} />
          </ActionIcon>
        </span>
      </div>
      {messages.map((message) => (
        <Message key={message.to} message={message} person={person} isOne={isOne} />
      ))}
      {joins && (
        <Notice tone="info">
          A message about other clients waits to go out to {firstName}. This one takes its place and names those, too.
        </Notice>
      )}
      <dl className={facts.facts}>
        <div>
          <dt>Link works until</dt>
          <dd>
            {formatWeekday(linkUntil)}, {timeOf(linkUntil)}
          </dd>
        </div>
        <div>
          <dt>Reminder, if needed</dt>
          <dd>{formatWeekday(remindAt)}, daytime</dd>
        </div>
      </dl>
      {messages.filter(isFirstOfChannel).map((message) => (
        <EditTemplate key={message.channel} message={message} onLeave={onLeave} isOne={isOne} />
      ))}
    </section>
  )
}

/** Letters to several mailboxes are written with one template. */
const isFirstOfChannel = ({ channel }: OutreachMessage, index: number, messages: readonly OutreachMessage[]): boolean =>
  messages.findIndex((message) => message.channel === channel) === index

/** `2:30 PM`: the time alone of what is written with its day. */
const timeOf = (instant: string): string => formatDateTime(instant, new Date(instant))

interface MessageProps {
  message: OutreachMessage
  person: OutreachPerson
  /** The only one of its person. */
  isOne: boolean
}

function Message({ message, person, isOne }: MessageProps) {
  const { channel, to, subject, body, length, warnings, templateName, language } = message
  const { staff } = useQuery(query(auth.me)).data ?? {}
  const firm = useQuery(query(firms.get)).data
  const firmName = firm?.senderName ?? firm?.name ?? ''
  return (
    <div className={styles.message}>
      {channel === 'sms' ? (
        <PhoneLook from={firmName} note={`Text message, ${whenWords(message, person)}`} body={body} />
      ) : (
        <MailLook
          from={firm?.mailSender === 'firm' ? firmName : `${staff?.name ?? ''} (${firmName})`}
          subject={subject ?? ''}
          body={body}
          button={openPage[language]}
        />
      )}
      {warnings.map((sentence) => (
        <Notice key={sentence} tone="warn">
          {sentence}
        </Notice>
      ))}
      <dl className={facts.facts}>
        {!isOne && (
          <div>
            <dt>To</dt>
            <dd>{channel === 'sms' ? formatPhone(to) : to}</dd>
          </div>
        )}
        <div>
          <dt>Template{isOne ? '' : `, ${templateChannels[channel].toLowerCase()}`}</dt>
          <dd>{templateName ?? shippedName}</dd>
        </div>
        {length !== null && (
          <div>
            <dt>Length</dt>
            <dd>
              {length.units} characters, {length.segments} {length.segments === 1 ? 'segment' : 'segments'}
            </dd>
          </div>
        )}
      </dl>
    </div>
  )
}

/** `now`, or when it is morning where they are. */
function whenWords({ sendsAt }: OutreachMessage, { waits, timeZone }: OutreachPerson): string {
  return waits ? `at 8:00 AM ${zoneName(timeZone)} (${formatDateTime(sendsAt)} yours)` : 'now'
}

function EditTemplate({ message, onLeave, isOne }: { message: OutreachMessage; onLeave: () => void; isOne: boolean }) {
  const isAdministrator = useMe().staff.role === 'administrator'
  const { templateId } = message
  const verb = isAdministrator && templateId !== null ? 'Edit' : 'View'
  return (
    <Button
      fullWidth
      renderRoot={(props) => (
        <Link to={paths.template} params={{ templateId: templateId ?? shippedKey(message) }} {...props} onClick={onLeave} />
      )}
    >
      {verb} {isOne ? 'template' : `template of the ${templateChannels[message.channel].toLowerCase()}`}
    </Button>
  )
}

/** Sends the words of the shown person's first message to oneself, with invented names. */
export function TestOfMessage({ person: { messages } }: { person: OutreachPerson }) {
  const list = useQuery(query(templates.list)).data
  const [message] = messages
  if (message === undefined || list === undefined) return null
  const { kind, channel, language, templateId } = message
  const own = list.items.find(({ id }) => id === templateId)
  const draft: TemplateText =
    own === undefined ? shippedTemplate({ kind, channel, language }) : { kind, channel, language, title: own.title, body: own.body }
  return <TestButton draft={draft} />
}
