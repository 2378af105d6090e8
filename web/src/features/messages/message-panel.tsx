import type { Message } from '@ledgersync/shared/messages'
import { Link } from '@tanstack/react-router'
import { Badge } from '../../ui/badge.tsx'
import { DateTime } from '../../ui/date-time.tsx'
import { SidePanel } from '../../ui/side-panel.tsx'
import { Notice } from '../../ui/states.tsx'
import { formatPhone } from '../clients/invite-words.ts'
import { channelWords, stateWords } from './words.ts'
import styles from './messages.module.css'

/** One message whole: its text as sent, and every state it went through. */
export function MessagePanel({ message, onClose }: { message: Message | null; onClose: () => void }) {
  return (
    <SidePanel
      opened={message !== null}
      title={message === null ? 'Message' : `${channelWords[message.channel]} to ${formatPhone(message.to)}`}
      onClose={onClose}
    >
      {message !== null && (
        <div className={styles.panel}>
          {message.reason !== null && <Notice tone={message.state === 'failed' ? 'bad' : 'warn'}>{message.reason}</Notice>}
          {message.state === 'queued' && message.notBefore !== null && (
            <Notice tone="info">
              It waits until <DateTime at={message.notBefore} />.
            </Notice>
          )}
          <section>
            <h3>Text</h3>
            <p className={styles.body}>{message.body}</p>
            <p className={styles.quiet}>The secret link is not shown here.</p>
          </section>
          {message.alsoAbout.length > 0 && (
            <section>
              <h3>Also about</h3>
              <ul className={styles.others}>
                {message.alsoAbout.map(({ clientId, businessName }) => (
                  <li key={clientId}>
                    <Link to="/clients/$clientId" params={{ clientId }}>
                      {businessName}
                    </Link>
                  </li>
                ))}
              </ul>
              <p className={styles.quiet}>One person has these clients, and got one message with one link for all of them.</p>
            </section>
          )}
          <section>
            <h3>History</h3>
            <ol className={styles.history}>
              {message.history.map(({ state, at, reason }) => (
                <li key={`${at} ${state}`}>
                  <Badge tone={stateWords[state].tone}>{stateWords[state].label}</Badge>
                  <span className={styles.reason}>{reason}</span>
                  <span className={styles.quiet}>
                    <DateTime at={at} />
                  </span>
                </li>
              ))}
            </ol>
          </section>
        </div>
      )}
    </SidePanel>
  )
}
