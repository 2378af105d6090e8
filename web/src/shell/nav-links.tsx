import { review } from '@ledgersync/shared/review'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { paths } from '../paths.ts'
import { query } from '../query.ts'
import { formatCount } from '../ui/money.tsx'
import styles from './shell.module.css'

/** The main areas, with how many rows wait for review. `tall` in the menu of small screens. */
export function NavLinks({ tall = false }: { tall?: boolean }) {
  const waiting = useQuery(query(review.counts, { query: {} })).data?.all
  return (
    <nav aria-label="Main" className={styles.nav} data-tall={tall}>
      <Link to={paths.clients}>Clients</Link>
      <Link to={paths.connections}>Bank Connections</Link>
      <Link to={paths.review}>
        Review{' '}
        {waiting !== undefined && waiting > 0 && (
          <span className={styles.navCount}>
            {formatCount(waiting)}
            <span className="visually-hidden"> to review</span>
          </span>
        )}
      </Link>
      <Link to={paths.rules}>Rules Engine</Link>
      <Link to={paths.syncStatus}>Sync Status</Link>
    </nav>
  )
}
