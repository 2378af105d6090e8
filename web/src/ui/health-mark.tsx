import type { Health } from '@ledgersync/shared/client-states'
import styles from './marks.module.css'

/** The word for each health; the shape says the same without colour. */
export const healthWords: Record<Health, string> = {
  healthy: 'Healthy',
  needs_client: 'Needs the client',
  bank_down: 'Bank down',
  syncing: 'Syncing',
  disconnected: 'Disconnected',
  none: 'No banks yet',
}

const shapes: Record<Health, React.ReactNode> = {
  healthy: <circle cx="5" cy="5" r="4" fill="currentColor" />,
  needs_client: <path d="M5 .8 9.8 9.2H.2Z" fill="currentColor" />,
  bank_down: <rect x="1.3" y="1.3" width="7.4" height="7.4" rx="1" fill="none" stroke="currentColor" strokeWidth="1.6" />,
  syncing: (
    <>
      <circle cx="5" cy="5" r="3.9" fill="none" stroke="var(--accent-line)" strokeWidth="1.6" />
      <path d="M5 1.1A3.9 3.9 0 0 1 8.9 5" fill="none" stroke="var(--accent)" strokeWidth="1.8" />
    </>
  ),
  disconnected: (
    <>
      <circle cx="5" cy="5" r="3.9" fill="none" stroke="currentColor" strokeWidth="1.4" />
      <path d="m2.4 7.6 5.2-5.2" stroke="currentColor" strokeWidth="1.4" />
    </>
  ),
  none: <circle cx="5" cy="5" r="4" fill="none" stroke="currentColor" strokeWidth="1.4" strokeDasharray="2.1 2.1" />,
}

/** The 10 px mark. Beside words it is silent; alone (sidebar) pass `named`, and it speaks its word. */
export function HealthMark({ health, named = false, size = 10 }: { health: Health; named?: boolean; size?: number }) {
  const name = named ? { role: 'img', 'aria-label': healthWords[health] } : { 'aria-hidden': true }
  return (
    <svg viewBox="0 0 10 10" width={size} height={size} className={styles.mark} data-health={health} {...name}>
      {shapes[health]}
    </svg>
  )
}
