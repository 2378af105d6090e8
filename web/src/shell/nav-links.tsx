import type { Role } from '@ledgersync/shared/auth'
import { review } from '@ledgersync/shared/review'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { paths } from '../paths.ts'
import { query } from '../query.ts'
import { useMe } from '../session.ts'
import { formatCount } from '../ui/money.tsx'
import { type NavItem, NavMenu } from './nav-menu.tsx'
import styles from './shell.module.css'

const clientPages: NavItem[] = [
  { to: paths.clients, label: 'Client List' },
  { to: paths.groups, label: 'Groups' },
  { to: paths.communication, label: 'Communication Center' },
  { to: paths.invites, label: 'Invites' },
  { to: paths.uploads, label: 'Upload clients' },
]

/** Only administrators read the audit log and change settings. */
function toolsFor(role: Role): NavItem[] {
  const forAll = [{ to: paths.team, label: 'Team' }]
  return role === 'employee' ? forAll : [...forAll, { to: paths.auditLog, label: 'Audit log' }, { to: paths.settings, label: 'Settings' }]
}

/** A menu in the bar; in the tall menu of small screens, its pages one below the other. */
function Several({ tall, label, items, within }: { tall: boolean; label: string; items: readonly NavItem[]; within: readonly string[] }) {
  if (!tall) return <NavMenu label={label} items={items} within={within} />
  return items.map(({ to, label: name }) => (
    <Link key={to} to={to}>
      {name}
    </Link>
  ))
}

/** The main areas, with how many rows wait for review. `tall` in the menu of small screens. */
export function NavLinks({ tall = false }: { tall?: boolean }) {
  const tools = toolsFor(useMe().staff.role)
  const waiting = useQuery(query(review.counts, { query: {} })).data?.all
  return (
    <nav aria-label="Main" className={styles.nav} data-tall={tall}>
      <Link to={paths.dashboard} activeOptions={{ exact: true, includeSearch: false }}>
        Dashboard
      </Link>
      <Several tall={tall} label="Clients" items={clientPages} within={[paths.clients, paths.groups, paths.communication, paths.invites]} />
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
      <Several tall={tall} label="Tools" items={tools} within={[paths.team, paths.auditLog, paths.settings]} />
    </nav>
  )
}
