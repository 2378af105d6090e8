import { Select } from '@mantine/core'
import { firms } from '@ledgersync/shared/firms'
import type { OutreachSummary } from '@ledgersync/shared/outreach'
import { shippedTemplate } from '@ledgersync/shared/template-defaults'
import { renderTemplate, sampleFacts } from '@ledgersync/shared/template-render'
import { isSameUse, templates } from '@ledgersync/shared/templates'
import { linkMark } from '@ledgersync/shared/texts'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Mail, MessageSquareText, MessagesSquare } from 'lucide-react'
import { query } from '../../query.ts'
import { useMe } from '../../session.ts'
import { ActionButton } from '../../ui/action-button.tsx'
import { ErrorState, Notice, SkeletonRows } from '../../ui/states.tsx'
import { ChoiceCards } from '../clients/choice-cards.tsx'
import type { TemplateList } from '../templates/in-use.ts'
import { kindWords, shippedName, wayWords } from '../templates/words.ts'
import { requestOf } from './draft.ts'
import { summaryQuery } from './queries.ts'
import { StepFrame } from './step-frame.tsx'
import type { Wizard } from './use-wizard.ts'
import { counted } from './words.ts'
import styles from './outreach.module.css'

/** Step 3: how it goes out, and with which words. The firm's pick stands ready for each kind of message that is needed. */
export function TemplateStep({ wizard: { draft, choose, go } }: { wizard: Wizard }) {
  const { channel } = draft
  const list = useQuery(query(templates.list))
  // One that a colleague has put away since is not chosen any more
  const templateIds = draft.templateIds.filter((id) => list.data?.items.some((item) => item.id === id && item.archivedAt === null))
  const found = useQuery({
    ...summaryQuery(requestOf({ ...draft, templateIds })),
    enabled: list.data !== undefined,
    placeholderData: keepPreviousData,
  })
  const summary = found.data?.summary
  const pick = (use: Use, id: string | null) => {
    const others = templateIds.filter((one) => !list.data?.items.some((item) => item.id === one && isSameUse(item, use)))
    choose({ templateIds: id === null ? others : [...others, id] })
  }
  const error = found.error ?? list.error
  return (
    <StepFrame
      heading="How does it go out?"
      detail="Each person gets one message about all their clients. The words in use are chosen already."
      onBack={() => go('banks')}
      actions={
        <ActionButton variant="filled" onClick={() => go('preview', { templateIds })}>
          Next: preview
        </ActionButton>
      }
    >
      <div className={styles.form}>
        <ChoiceCards
          small
          label="Channel"
          name="channel"
          value={channel}
          onChange={(value) => choose({ channel: value, insteadIds: [] })}
          choices={[
            { value: 'sms', name: 'Text message', icon: <MessageSquareText size={20} aria-hidden /> },
            { value: 'email', name: 'E-mail', icon: <Mail size={20} aria-hidden /> },
            { value: 'both', name: 'Both', icon: <MessagesSquare size={20} aria-hidden /> },
          ]}
        />
        {channel === 'both' && <p className={styles.quiet}>Who can be reached by one of the two alone gets that one.</p>}
        <section className={styles.part} aria-label="Templates">
          <h3>Templates</h3>
          {error && !(found.data && list.data) && (
            <ErrorState
              error={error}
              title="We could not prepare the messages"
              onRetry={() => void Promise.all([found.refetch(), list.refetch()])}
            />
          )}
          {!error && !(summary && list.data) && <SkeletonRows rows={3} height={56} />}
          {summary?.people === 0 && (
            <Notice tone="warn" title="Nobody can be written to this way">
              Choose another channel, or look at the reasons at the next step.
            </Notice>
          )}
          {summary && list.data && (
            <ul className={styles.uses}>
              {summary.uses.map((use) => (
                <TemplateChoice
                  key={`${use.kind} ${use.channel} ${use.language}`}
                  use={use}
                  list={list.data}
                  onPick={(id) => pick(use, id)}
                />
              ))}
            </ul>
          )}
        </section>
      </div>
    </StepFrame>
  )
}

const sentence = (words: string): string => words.charAt(0).toUpperCase() + words.slice(1)

type Use = OutreachSummary['uses'][number]
const inUseValue = 'in-use'

function TemplateChoice({ use, list, onPick }: { use: Use; list: TemplateList; onPick: (id: string | null) => void }) {
  const { kind, channel, language } = use
  const { staff, firm } = useMe()
  const senderName = useQuery(query(firms.get)).data?.senderName ?? firm.name
  const own = list.items.filter((item) => isSameUse(item, use) && item.archivedAt === null)
  const inUse = own.find((item) => item.inUse)
  const chosen = own.find(({ id }) => id === use.templateId)
  const { subject, body } = renderTemplate(
    chosen ?? shippedTemplate({ kind, channel, language }),
    sampleFacts(kind, { staffName: staff.name, firmName: senderName }),
  )
  return (
    <li>
      <div className={styles.useWords}>
        <strong>{kindWords[kind]}</strong>
        <span className={styles.quiet}>
          {sentence(wayWords(use))}, {counted(use.messages, 'message')}
        </span>
      </div>
      <Select
        aria-label={`Template for ${kindWords[kind].toLowerCase()}, ${wayWords(use)}`}
        className={styles.useSelect ?? ''}
        data={[
          { value: inUseValue, label: `${inUse?.name ?? shippedName} (in use)` },
          ...own.filter((item) => !item.inUse).map(({ id, name }) => ({ value: id, label: name })),
        ]}
        value={chosen === undefined || chosen.inUse ? inUseValue : chosen.id}
        onChange={(value) => onPick(value === null || value === inUseValue ? null : value)}
      />
      <p className={styles.excerpt}>{(subject === null ? body : `${subject}\n${body}`).replace(linkMark, () => '…')}</p>
    </li>
  )
}
