import { measureText, renderTemplate } from '@ledgersync/shared/template-render'
import { type InviteFacts, linkMark } from '@ledgersync/shared/texts'
import { useTemplateInUse } from '../templates/in-use.ts'
import styles from './add-client.module.css'

/** The text with a link as long as the real one, so that the count is the one that will be sent. */
export function TextPreview({ facts }: { facts: InviteFacts }) {
  const template = useTemplateInUse({ kind: 'invitation', channel: 'sms', language: facts.language })
  const text = renderTemplate(template, facts).body
  const { units, segments, culprit } = measureText(text, window.location.origin)
  const [before = '', after = ''] = text.split(linkMark)
  return (
    <>
      <p className={styles.bubble}>
        {before}
        <span className={styles.link}>{window.location.host}/i/…</span>
        {after}
      </p>
      <p className={styles.hint}>
        {units} characters, {segments} {segments === 1 ? 'segment' : 'segments'}
        {culprit !== null && `. “${culprit}” makes it need more segments`}
      </p>
    </>
  )
}

/** The mail as it will read. */
export function EmailPreview({ facts }: { facts: InviteFacts }) {
  const template = useTemplateInUse({ kind: 'invitation', channel: 'email', language: facts.language })
  const { subject, body } = renderTemplate(template, facts)
  return (
    <div className={styles.bubble}>
      <strong>{subject}</strong>
      {body.split('\n\n').map((paragraph) =>
        paragraph === linkMark ? (
          <p key={paragraph}>
            <span className={styles.link}>{window.location.host}/i/…</span>
          </p>
        ) : (
          <p key={paragraph}>{paragraph}</p>
        ),
      )}
    </div>
  )
}
