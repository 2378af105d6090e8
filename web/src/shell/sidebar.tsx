import { ActionIcon, CloseButton, TextInput, Tooltip } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { clients } from '@ledgersync/shared/clients'
import { groups } from '@ledgersync/shared/groups'
import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { PanelLeft, Search } from 'lucide-react'
import { useState } from 'react'
import { paths } from '../paths.ts'
import { pages, query } from '../query.ts'
import { useMe } from '../session.ts'
import { formatCount } from '../ui/money.tsx'
import { ClientLinks } from './client-links.tsx'
import { GroupMarks, GroupSections } from './group-sections.tsx'
import { toggleSidebar } from './layout-state.ts'
import styles from './sidebar.module.css'

/** Clients by group with their health, a filter, and the name of the firm. Folded, it is a rail of marks. */
export function Sidebar({ rail, inDrawer = false }: { rail: boolean; inDrawer?: boolean }) {
  const [filter, setFilter] = useState('')
  const [search] = useDebouncedValue(filter.trim(), 250)
  const total = useQuery(query(clients.counts)).data?.all
  return (
    <aside className={styles.sidebar} data-rail={rail} data-drawer={inDrawer} aria-label="Clients">
      <div className={styles.head}>
        {!rail && (
          <TextInput
            type="text"
            role="searchbox"
            aria-label="Filter clients"
            placeholder="Filter clients"
            size="sm"
            value={filter}
            leftSection={<Search size={14} aria-hidden />}
            rightSection={filter !== '' && <CloseButton size="sm" aria-label="Clear" onClick={() => setFilter('')} />}
            onChange={(event) => setFilter(event.currentTarget.value)}
            onKeyDown={(event) => event.key === 'Escape' && setFilter('')}
          />
        )}
        {!inDrawer && (
          <Tooltip label={rail ? 'Unfold the sidebar  [' : 'Fold the sidebar  ['} position="right">
            <ActionIcon size="sm" aria-label={rail ? 'Unfold the sidebar' : 'Fold the sidebar'} onClick={toggleSidebar}>
              <PanelLeft size={16} />
            </ActionIcon>
          </Tooltip>
        )}
      </div>
      <Link to={paths.clients} className={styles.row} activeOptions={{ exact: true, includeSearch: false }}>
        {rail ? (
          'All'
        ) : (
          <>
            <span className={styles.noMark} />
            <span className={styles.name}>All clients</span>
            {total !== undefined && <span className={styles.count}>{formatCount(total)}</span>}
          </>
        )}
      </Link>
      <Body rail={rail} search={search} />
      <FirmName rail={rail} />
    </aside>
  )
}

/** Clients by group; while something is typed, those that match it, in one list. */
function Body({ rail, search }: { rail: boolean; search: string }) {
  const isAdministrator = useMe().staff.role === 'administrator'
  const found = useQuery(query(groups.list))
  if (found.isError && !found.data) return <p className={styles.nothing}>The groups could not be loaded.</p>
  if (!found.data) return <div className={styles.scroll} />
  const { items, ungrouped } = found.data
  if (search !== '' || items.length === 0) return <AllClients rail={rail} search={search} />
  // Groups of clients that somebody else looks after would only stand there empty
  const shown = isAdministrator ? items : items.filter(({ clientCount }) => clientCount > 0)
  const sections = [...shown, ...(ungrouped.clientCount > 0 ? [{ id: 'none', name: 'No group', ...ungrouped }] : [])]
  return rail ? <GroupMarks sections={sections} /> : <GroupSections sections={sections} />
}

function AllClients({ rail, search }: { rail: boolean; search: string }) {
  const list = useInfiniteQuery({ ...pages(groups.clients, { query: { limit: 100, search } }), placeholderData: keepPreviousData })
  const rows = list.data?.pages.flatMap((page) => page.items) ?? []
  return (
    <>
      <ClientLinks
        rows={rows}
        rail={rail}
        onEnd={() => {
          if (list.hasNextPage && !list.isFetchingNextPage) void list.fetchNextPage()
        }}
      />
      {search !== '' && list.isSuccess && rows.length === 0 && <p className={styles.nothing}>No client matches “{search}”.</p>}
    </>
  )
}

function FirmName({ rail }: { rail: boolean }) {
  const { firm } = useMe()
  return (
    <div className={styles.firm} title={firm.name}>
      <svg viewBox="0 0 20 20" width="18" height="18" aria-hidden>
        <rect width="20" height="20" rx="4" fill="var(--text)" />
        <path
          d="M6 5v9h8M9 9.5l1.8 2L14 7.5"
          fill="none"
          stroke="var(--canvas)"
          strokeWidth="1.8"
          strokeLinecap="round"
          strokeLinejoin="round"
        />
      </svg>
      <span className={rail ? 'visually-hidden' : styles.name}>{firm.name}</span>
    </div>
  )
}
