import { Mail, MessageSquareText } from 'lucide-react'
import { linkMark } from '@ledgersync/shared/texts'
import styles from './message-looks.module.css'

/** The button of a mail, as the API writes it. */
export const openPage = { en: 'Open your page', es: 'Abrir su página' }

/** The link as a client sees it, without its secret. */
const shownLink = (): string => `${window.location.host}/i/…`

function WithLink({ text }: { text: string }) {
  const [before = '', after = ''] = text.split(linkMark)
  if (!text.includes(linkMark)) return text
  return (
    <>
      {before}
      <span className={styles.link}>{shownLink()}</span>
      {after}
    </>
  )
}

/** A text message as it stands on the client's phone. `note` says when it comes or what it is. */
export function PhoneLook({ from, note, body }: { from: string; note: string; body: string }) {
  return (
    <div className={styles.phone}>
      <p className={styles.from}>
        <MessageSquareText size={14} aria-hidden /> {from}
      </p>
      <p className={styles.note}>{note}</p>
      <p className={styles.bubble}>
        <WithLink text={body} />
      </p>
    </div>
  )
}

/** An e-mail as a mail program shows it: a paragraph that is nothing but the link is a button. */
export function MailLook({ from, subject, body, button }: { from: string; subject: string; body: string; button: string }) {
  return (
    <div className={styles.mail}>
      <header>
        <p className={styles.note}>
          <Mail size={14} aria-hidden /> {from}
        </p>
        <p className={styles.subject}>{subject}</p>
      </header>
      <div className={styles.paragraphs}>
        {body.split(/\n{2,}/).map((paragraph, index) =>
          paragraph.trim() === linkMark ? (
            <p key={index}>
              <span className={styles.button}>{button}</span>
              <span className={styles.small}>{shownLink()}</span>
            </p>
          ) : (
            <p key={index}>
              <WithLink text={paragraph} />
            </p>
          ),
        )}
      </div>
    </div>
  )
}
