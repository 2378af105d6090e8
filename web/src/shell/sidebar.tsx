import { ActionIcon, CloseButton, TextInput, Tooltip } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { clients, type ClientRow } from '@ledgersync/shared/clients'
import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useVirtualizer } from '@tanstack/react-virtual'
import { PanelLeft, Search } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { paths } from '../paths.ts'
import { pages, query } from '../query.ts'
import { useMe } from '../session.ts'
import { HealthMark } from '../ui/health-mark.tsx'
import { formatCount } from '../ui/money.tsx'
import { toggleSidebar } from './layout-state.ts'
import styles from './sidebar.module.css'

/** All clients with their health, a filter, and the name of the firm. Folded, it is a rail of marks. */
export function Sidebar({ rail, inDrawer = false }: { rail: boolean; inDrawer?: boolean }) {
  const [filter, setFilter] = useState('')
  const [search] = useDebouncedValue(filter.trim(), 250)
  const list = useInfiniteQuery({ ...pages(clients.list, { query: { limit: 100, search } }), placeholderData: keepPreviousData })
  const total = useQuery(query(clients.counts)).data?.all
  const rows = list.data?.pages.flatMap((page) => page.items) ?? []
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
      <ClientLinks
        rows={rows}
        rail={rail}
        onEnd={() => {
          if (list.hasNextPage && !list.isFetchingNextPage) void list.fetchNextPage()
        }}
      />
      {search !== '' && list.isSuccess && rows.length === 0 && <p className={styles.nothing}>No client matches “{search}”.</p>}
      <FirmName rail={rail} />
    </aside>
  )
}

const rowHeight = 28

function ClientLinks({ rows, rail, onEnd }: { rows: ClientRow[]; rail: boolean; onEnd: () => void }) {
  const scroll = useRef<HTMLDivElement>(null)
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => rowHeight,
    overscan: 10,
  })
  const items = virtual.getVirtualItems()
  const atEnd = (items.at(-1)?.index ?? 0) >= rows.length - 20
  useEffect(() => {
    if (atEnd) onEnd()
  }, [atEnd, onEnd])
  return (
    <div ref={scroll} className={styles.scroll} tabIndex={-1}>
      <div style={{ height: virtual.getTotalSize(), position: 'relative' }}>
        {items.map(({ index, start }) => {
          const row = rows[index]
          return (
            row && (
              <Link
                key={row.id}
                to={paths.client}
                params={{ clientId: row.id }}
                className={styles.row}
                activeOptions={{ includeSearch: false }}
                title={rail ? row.businessName : undefined}
                style={{ position: 'absolute', top: start, insetInline: 0 }}
              >
                <HealthMark health={row.health} named />
                <span className={rail ? 'visually-hidden' : styles.name}>{row.businessName}</span>
                {!rail && row.toReview > 0 && (
                  <span className={styles.count}>
                    {formatCount(row.toReview)}
                    <span className="visually-hidden"> to review</span>
                  </span>
                )}
              </Link>
            )
          )
        })}
      </div>
    </div>
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
