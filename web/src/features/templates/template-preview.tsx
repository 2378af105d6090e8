import { useDebouncedValue } from '@mantine/hooks'
import { auth } from '@ledgersync/shared/auth'
import { firms } from '@ledgersync/shared/firms'
import { type PreviewRequest, type TemplatePreview as Preview, templates, type TemplateText } from '@ledgersync/shared/templates'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { call } from '../../api.ts'
import { query } from '../../query.ts'
import { ErrorState, Notice } from '../../ui/states.tsx'
import { ClientFilter } from '../transactions/filters.tsx'
import { MailLook, openPage, PhoneLook } from './message-looks.tsx'
import facts from '../../ui/facts.module.css'
import styles from './templates.module.css'

function usePreview(draft: TemplateText | null, clientId: string | undefined) {
  const request: PreviewRequest | null = draft === null ? null : { ...draft, ...(clientId !== undefined && { clientId }) }
  const [settled] = useDebouncedValue(request === null ? '' : JSON.stringify(request), 200)
  return useQuery({
    queryKey: ['templatePreview', settled],
    // `settled` is the JSON of a PreviewRequest
    queryFn: () => call(templates.preview, { body: JSON.parse(settled) as PreviewRequest }),
    enabled: settled !== '',
    placeholderData: keepPreviousData,
    staleTime: 5_000,
  })
}

/** What a client would read, and how long it is. `draft` is null while something in it is wrong: then the last good one stays. */
export function TemplatePreview({ draft, channel, language }: { draft: TemplateText | null } & Pick<TemplateText, 'channel' | 'language'>) {
  const [clientId, setClientId] = useState<string>()
  const preview = usePreview(draft, clientId)
  const me = useQuery(query(auth.me)).data
  const firm = useQuery(query(firms.get)).data
  const firmName = firm?.senderName ?? firm?.name ?? ''
  return (
    <section className={styles.preview} aria-label="Preview">
      <div className={styles.previewTitle}>
        <h2>What a client reads</h2>
        <ClientFilter filters={{ client: clientId }} onChange={({ client }) => setClientId(client)} />
      </div>
      {preview.isError && draft !== null && (
        <ErrorState error={preview.error} title="The preview could not be made" onRetry={() => void preview.refetch()} />
      )}
      {preview.data === undefined && draft === null && (
        <p className={styles.quiet}>The preview stands here once the template is complete.</p>
      )}
      {preview.data && (
        <div className={styles.look}>
          {draft === null && <Notice tone="info">Before the last change: something in the template is wrong.</Notice>}
          {channel === 'sms' ? (
            <PhoneLook from={firmName} note="Text message" body={preview.data.body} />
          ) : (
            <MailLook
              from={firm?.mailSender === 'firm' ? firmName : `${me?.staff.name ?? ''} (${firmName})`}
              subject={preview.data.subject ?? ''}
              body={preview.data.body}
              button={openPage[language]}
            />
          )}
          <Length length={preview.data.length} />
          {preview.data.warnings.map((sentence) => (
            <Notice key={sentence} tone="warn">
              {sentence}
            </Notice>
          ))}
        </div>
      )}
      {clientId === undefined && <p className={styles.quiet}>Names and banks are invented. Choose a client to see theirs.</p>}
    </section>
  )
}

function Length({ length }: { length: Preview['length'] }) {
  if (length === null) return null
  const { units, segments, unitsLeft, encoding, culprit } = length
  return (
    <dl className={facts.facts}>
      <div>
        <dt>Length</dt>
        <dd>
          {units} characters, {segments} {segments === 1 ? 'segment' : 'segments'}
        </dd>
      </div>
      <div>
        <dt>Left in this segment</dt>
        <dd>{unitsLeft}</dd>
      </div>
      <div>
        <dt>Alphabet</dt>
        <dd>
          {encoding === 'GSM-7' ? 'Short (GSM-7)' : 'Long (UCS-2)'}
          {culprit !== null && `, for “${culprit}”`}
        </dd>
      </div>
    </dl>
  )
}
