import type { Dashboard } from '@ledgersync/shared/dashboard'
import { Link } from '@tanstack/react-router'
import { paths } from '../../paths.ts'
import { DateTime } from '../../ui/date-time.tsx'
import { HealthMark } from '../../ui/health-mark.tsx'
import { formatCount } from '../../ui/money.tsx'
import { StepButton } from '../funnel/step-button.tsx'
import { whatHappened } from '../funnel/words.ts'
import type { ChoiceAddress } from '../groups/client-choice.tsx'
import styles from './dashboard.module.css'

/** The clients that wait longest, each with the one step that helps most. */
export function Stuck({ of: { total, longest }, address }: { of: Dashboard['stuck']; address: ChoiceAddress }) {
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
          {longest.map((stuck) => (
            <li key={stuck.clientId}>
              <HealthMark health={stuck.kind === 'repair' ? 'needs_client' : 'none'} />
              <Link to={paths.client} params={{ clientId: stuck.clientId }} className={styles.stuckName}>
                {stuck.businessName}
              </Link>
              <span className={styles.stuckWhat}>{whatHappened(stuck)}</span>
              <span className={styles.quiet}>
                <DateTime at={stuck.since} shape="age" />
              </span>
              <StepButton stuck={stuck} />
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}
