import type { AuditEntry } from '@ledgersync/shared/audit'
import { Link } from '@tanstack/react-router'
import { paths } from '../../paths.ts'
import { None } from '../../ui/money.tsx'
import { SidePanel } from '../../ui/side-panel.tsx'
import { formatFull } from '../../ui/time.ts'
import styles from './audit.module.css'

/** One entry whole: who, when, from where, and every value before and after. */
export function EntryPanel({ entry, onClose }: { entry: AuditEntry | null; onClose: () => void }) {
  return (
    <SidePanel opened={entry !== null} title={entry?.what ?? ''} onClose={onClose}>
      {entry && <Entry entry={entry} />}
    </SidePanel>
  )
}

function Entry({ entry: { at, actorName, subject, clientId, clientName, ip, changes, id } }: { entry: AuditEntry }) {
  return (
    <div className={styles.panel}>
      <dl className={styles.facts}>
        <dt>Who</dt>
        <dd>{actorName}</dd>
        <dt>When</dt>
        <dd>{formatFull(at)}</dd>
        <dt>From</dt>
        <dd>{ip ?? <None label="No address" />}</dd>
        {subject !== null && (
          <>
            <dt>About</dt>
            <dd>{subject}</dd>
          </>
        )}
        {clientId !== null && clientName !== null && (
          <>
            <dt>Client</dt>
            <dd>
              <Link to={paths.client} params={{ clientId }}>
                {clientName}
              </Link>
            </dd>
          </>
        )}
        <dt>Entry</dt>
        <dd>
          <code>{id}</code>
        </dd>
      </dl>
      {changes.length === 0 ? (
        <p className={styles.quiet}>No before and after: there was none, or it was erased with its client.</p>
      ) : (
        <table className={styles.changes} aria-label="Before and after">
          <thead>
            <tr>
              <th scope="col">What</th>
              <th scope="col">Before</th>
              <th scope="col">After</th>
            </tr>
          </thead>
          <tbody>
            {changes.map(({ name, before, after }) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td>{before ?? <None />}</td>
                <td>{after ?? <None />}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </div>
  )
}
