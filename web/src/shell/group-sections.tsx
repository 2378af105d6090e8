import { useIntersection } from '@mantine/hooks'
import { type Group, groups } from '@ledgersync/shared/groups'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { ChevronDown, ChevronRight } from 'lucide-react'
import { useState } from 'react'
import { paths } from '../paths.ts'
import { pages } from '../query.ts'
import { HealthMark } from '../ui/health-mark.tsx'
import { formatCount } from '../ui/money.tsx'
import { ClientLink, rowHeight } from './client-links.tsx'
import { closedGroups, toggleGroup } from './layout-state.ts'
import styles from './sidebar.module.css'

/** A group of the sidebar; `none` holds the clients that are in no group. */
export type Section = Pick<Group, 'name' | 'clientCount' | 'health'> & { id: string }

/** Every group with its first clients. A group is fetched once it comes into view, and more of it when asked for. */
export function GroupSections({ sections }: { sections: Section[] }) {
  const closed = closedGroups.use()
  return (
    <div className={styles.scroll} tabIndex={-1}>
      {sections.map((section) => (
        <GroupSection key={section.id} section={section} opened={!closed.has(section.id)} />
      ))}
    </div>
  )
}

const firstShown = 8

function GroupSection({ section, opened }: { section: Section; opened: boolean }) {
  const { id, name, clientCount } = section
  const Chevron = opened ? ChevronDown : ChevronRight
  return (
    <section aria-label={name} className={styles.group}>
      <button type="button" className={styles.groupHead} aria-expanded={opened} onClick={() => toggleGroup(id)}>
        <Chevron size={14} aria-hidden />
        <span className={styles.name} title={name}>
          {name}
        </span>
        <span className={styles.count}>
          {formatCount(clientCount)}
          <span className="visually-hidden"> {clientCount === 1 ? 'client' : 'clients'}</span>
        </span>
      </button>
      {opened && clientCount > 0 && <GroupClients section={section} />}
    </section>
  )
}

function GroupClients({ section: { id, clientCount } }: { section: Section }) {
  const { ref, seen } = useSeen()
  const [whole, setWhole] = useState(false)
  // The first rows are a page of their own: most groups show no more, ever
  const first = useInfiniteQuery({ ...pages(groups.clients, { query: { groupId: id, limit: firstShown } }), enabled: seen && !whole })
  const all = useInfiniteQuery({ ...pages(groups.clients, { query: { groupId: id, limit: 200 } }), enabled: whole })
  const list = all.data ? all : first
  const rows = list.data?.pages.flatMap((page) => page.items) ?? []
  const left = clientCount - rows.length
  const more = () => {
    if (!whole) setWhole(true)
    else if (all.hasNextPage && !all.isFetchingNextPage) void all.fetchNextPage()
  }
  if (rows.length === 0) return <div ref={ref} style={{ height: rowHeight * Math.min(clientCount, firstShown) }} />
  return (
    <div ref={ref} className={styles.groupRows}>
      {rows.map((row) => (
        <ClientLink key={row.id} row={row} rail={false} />
      ))}
      {left > 0 && list.hasNextPage && (
        <button type="button" className={styles.more} onClick={more}>
          {formatCount(left)} more
        </button>
      )}
    </div>
  )
}

/** Whether the element has ever been in view. */
function useSeen() {
  const { ref, entry } = useIntersection({ rootMargin: '200px' })
  const [seen, setSeen] = useState(false)
  if (entry?.isIntersecting === true && !seen) setSeen(true)
  return { ref, seen }
}

/** On the rail each group is a mark of its worst health, which leads to its clients. */
export function GroupMarks({ sections }: { sections: Section[] }) {
  return (
    <div className={styles.scroll} tabIndex={-1}>
      {sections
        .filter(({ clientCount }) => clientCount > 0)
        .map(({ id, name, health, clientCount }) => (
          <Link key={id} to={paths.clients} search={{ group: id }} className={styles.row} title={`${name} (${formatCount(clientCount)})`}>
            <HealthMark health={health ?? 'none'} named />
            <span className="visually-hidden">{name}</span>
          </Link>
        ))}
    </div>
  )
}
