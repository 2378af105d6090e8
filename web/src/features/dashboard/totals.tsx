import type { Dashboard } from '@ledgersync/shared/dashboard'
import { Link, type LinkProps } from '@tanstack/react-router'
import { paths } from '../../paths.ts'
import { HealthMark } from '../../ui/health-mark.tsx'
import { formatCount } from '../../ui/money.tsx'
import type { ChoiceAddress } from '../groups/client-choice.tsx'
import styles from './dashboard.module.css'

interface Total {
  label: string
  mark?: 'healthy' | 'needs_client'
  value: number
  detail: string
  /** Asks for somebody. */
  bad?: boolean
  to: LinkProps['to']
  search: object
}

const counted = (count: number, one: string, many: string): string => `${formatCount(count)} ${count === 1 ? one : many}`

function totalsOf({ clients, accounts, invites, review, pushes }: Dashboard): Total[] {
  const share = accounts.total === 0 ? 'none yet' : `${Math.floor((accounts.healthy / accounts.total) * 1000) / 10}% of all`
  return [
    {
      label: 'Clients',
      value: clients.total,
      detail: `${formatCount(clients.addedThisMonth)} added this month`,
      to: paths.clients,
      search: {},
    },
    {
      label: 'Bank accounts',
      value: accounts.total,
      detail: counted(accounts.connections, 'connection', 'connections'),
      to: paths.connections,
      search: {},
    },
    {
      label: 'Healthy accounts',
      mark: 'healthy',
      value: accounts.healthy,
      detail: share,
      to: paths.connections,
      search: { health: 'healthy' },
    },
    {
      label: 'Accounts with errors',
      mark: 'needs_client',
      value: accounts.failing,
      detail: `${counted(accounts.clientsNeeded, 'client', 'clients')} to sign in`,
      to: paths.connections,
      search: { health: 'failing' },
    },
    {
      label: 'Invites waiting',
      value: invites.waiting,
      detail: `${formatCount(invites.expireSoon)} expire within a day`,
      to: paths.clients,
      search: { invite: 'waiting' },
    },
    { label: 'To review', value: review.total, detail: `of ${counted(review.clients, 'client', 'clients')}`, to: paths.review, search: {} },
    {
      label: 'Pushes failed',
      value: pushes.failed,
      detail: `of ${counted(pushes.clients, 'client', 'clients')}`,
      bad: pushes.failed > 0,
      to: paths.syncStatus,
      search: { view: 'failed' },
    },
  ]
}

/** Seven figures; each is the way to what it counts. */
export function Totals({ of, address }: { of: Dashboard; address: ChoiceAddress }) {
  return (
    <nav className={styles.totals} aria-label="Totals">
      {totalsOf(of).map(({ label, mark, value, detail, bad = false, to, search }) => (
        // The typed router knows the queries of its routes one by one; this serves them all
        <Link key={label} {...({ to, search: { ...address, ...search } } as LinkProps)} className={styles.total}>
          <span className={styles.totalLabel}>
            {mark && <HealthMark health={mark} />}
            {label}
          </span>
          <strong data-bad={bad}>{formatCount(value)}</strong>
          <span className={styles.totalDetail}>{detail}</span>
        </Link>
      ))}
    </nav>
  )
}
