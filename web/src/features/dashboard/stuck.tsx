import type { Dashboard, StuckKind } from '@ledgersync/shared/dashboard'
import { Button } from '@mantine/core'
import { Link, useNavigate } from '@tanstack/react-router'
import { paths } from '../../paths.ts'
import { DateTime } from '../../ui/date-time.tsx'
import { HealthMark } from '../../ui/health-mark.tsx'
import { formatCount } from '../../ui/money.tsx'
import type { ChoiceAddress } from '../groups/client-choice.tsx'
import styles from './dashboard.module.css'

/** What happened, and the one step that helps; `settings` is where the number can be corrected. */
const words: Record<StuckKind, { what: string; step: string; where: 'summary' | 'settings' }> = {
  sign_in: { what: 'A bank wants a new sign-in', step: 'See the bank', where: 'summary' },
  invite_failed: { what: 'The invite did not arrive', step: 'Fix the address', where: 'settings' },
  invite_expired: { what: 'The invite expired unused', step: 'Invite again', where: 'summary' },
  not_opened: { what: 'Nobody has opened the invite', step: 'Try another way', where: 'summary' },
  not_finished: { what: 'Opened, and no bank connected', step: 'See the invite', where: 'summary' },
}

/** The clients that wait longest, each with one button. */
export function Stuck({ of: { total, longest }, address }: { of: Dashboard['stuck']; address: ChoiceAddress }) {
  const navigate = useNavigate()
  return (
    <section className={styles.card} aria-labelledby="stuck">
      <header>
        <h2 id="stuck">Next best steps</h2>
        <span className={styles.quiet}>stuck clients, longest waiting first</span>
        {total > 0 && (
          <Link to={paths.clients} search={{ ...address, stuck: 'yes' }} className={styles.all}>
            All {formatCount(total)}
          </Link>
        )}
      </header>
      {longest.length === 0 ? (
        <p className={styles.nothing}>Nobody is stuck. Clients that need a hand appear here.</p>
      ) : (
        <ul className={styles.stuck}>
          {longest.map(({ clientId, businessName, kind, since }) => {
            const { what, step, where } = words[kind]
            return (
              <li key={clientId}>
                <HealthMark health={kind === 'sign_in' ? 'needs_client' : 'none'} />
                <Link to={paths.client} params={{ clientId }} className={styles.stuckName}>
                  {businessName}
                </Link>
                <span className={styles.stuckWhat}>{what}</span>
                <span className={styles.quiet}>
                  <DateTime at={since} shape="age" />
                </span>
                <Button
                  size="sm"
                  aria-label={`${step}: ${businessName}`}
                  onClick={() => void navigate({ to: where === 'settings' ? paths.clientSettings : paths.client, params: { clientId } })}
                >
                  {step}
                </Button>
              </li>
            )
          })}
        </ul>
      )}
    </section>
  )
}
