import { Button } from '@mantine/core'
import { Link, useRouterState } from '@tanstack/react-router'
import { paths } from '../paths.ts'
import { useMe } from '../session.ts'
import { create } from '../ui/store.ts'
import styles from './shell.module.css'

const storageKey = 'ledgersync-second-factor-later'

/** Who does not want to be asked in this browser. */
const dismissedBy = create(localStorage.getItem(storageKey))

function dismiss(staffId: string): void {
  localStorage.setItem(storageKey, staffId)
  dismissedBy.set(staffId)
}

/** Asks administrators to set a second factor, until they have or do not want to be asked in this browser. */
export function SecondFactorBanner() {
  const { id, role, emailVerified, secondFactor } = useMe().staff
  const isDismissed = dismissedBy.use() === id
  const place = useRouterState({ select: (state) => state.location.pathname })
  const isAsked = role === 'administrator' && emailVerified && !secondFactor && !isDismissed
  // The review grid needs the height, and the account page says it itself
  if (!isAsked || place === paths.review || place === paths.account) return null
  return (
    <section className={styles.banner} data-tone="info" aria-label="Set up a second factor">
      <p>
        <strong>Protect your firm with a second factor.</strong> You see all clients: with a code of your phone, your password alone opens
        nothing.
      </p>
      <div className={styles.bannerForm}>
        <Button size="sm" renderRoot={(props) => <Link to={paths.account} hash="second-factor" {...props} />}>
          Set it up
        </Button>
        <Button size="sm" variant="subtle" onClick={() => dismiss(id)}>
          Not now
        </Button>
      </div>
    </section>
  )
}
