import { Link, type LinkProps } from '@tanstack/react-router'
import { useEffect, useRef } from 'react'
import { formatCount } from './money.tsx'
import { pageTitle } from './page-title.ts'
import styles from './page.module.css'

interface PageProps {
  title: React.ReactNode
  /** Name of the browser's tab, when the title is more than text. */
  documentTitle?: string
  /** Beside the title: a count, badges, the zone. */
  aside?: React.ReactNode
  actions?: React.ReactNode
  tabs?: React.ReactNode
  filters?: React.ReactNode
  /** Right panel of 296 px on canvas colour; below 1200 px it follows the content. */
  panel?: React.ReactNode
  /** Content touches the edges, as tables do. */
  flush?: boolean
  children: React.ReactNode
}

/** Names the browser's tab, and the bar of a phone. */
export function useDocumentTitle(name: string | undefined): void {
  useEffect(() => {
    document.title = name === undefined ? 'Ledgersync' : `${name} · Ledgersync`
    pageTitle.set(name ?? '')
  }, [name])
}

/** The one order of every page: title and actions, tabs with counts, filters, content, and a panel at the right. */
export function Page({ title, documentTitle, aside, actions, tabs, filters, panel, flush = false, children }: PageProps) {
  useDocumentTitle(documentTitle ?? (typeof title === 'string' ? title : undefined))
  return (
    <div className={styles.page}>
      <header className={styles.header} data-tabs={tabs !== undefined}>
        <div className={styles.titleRow}>
          <div className={styles.title} data-plain={typeof title === 'string'}>
            <h1>{title}</h1>
            {aside && <div className={styles.aside}>{aside}</div>}
          </div>
          {actions && <div className={styles.actions}>{actions}</div>}
        </div>
        {tabs}
      </header>
      <div className={styles.body} data-panel={panel !== undefined}>
        <div className={styles.main}>
          {filters && <div className={styles.filters}>{filters}</div>}
          <div className={styles.content} data-flush={flush}>
            {children}
          </div>
        </div>
        {panel && <aside className={styles.panel}>{panel}</aside>}
      </div>
    </div>
  )
}

export interface PageTab extends Omit<LinkProps, 'search'> {
  /** The members of the address; each route checks its own. */
  search?: object | undefined
  label: string
  count?: number | undefined
  /** Marks the tab current where the address alone does not say so. */
  current?: boolean
}

/** Saved views or parts of a thing; each is an address. */
export function PageTabs({ label, tabs }: { label: string; tabs: PageTab[] }) {
  const bar = useRef<HTMLElement>(null)
  const chosen = tabs.find(({ current }) => current)?.label
  // On a phone the bar scrolls inside itself; only the bar may move, never the page
  useEffect(() => {
    const tab = bar.current?.querySelector<HTMLElement>('[aria-current=page]')
    if (!bar.current || !tab) return
    const { left, width } = bar.current.getBoundingClientRect()
    const at = tab.getBoundingClientRect()
    if (at.left < left || at.right > left + width) bar.current.scrollLeft += at.left - left - (width - at.width) / 2
  }, [chosen])
  return (
    <nav className={styles.tabs} aria-label={label} ref={bar}>
      {tabs.map(({ label: name, count, current, ...link }) => (
        <Link
          key={name}
          // The typed router knows the queries of its routes one by one; this serves them all
          {...(link as LinkProps)}
          className={styles.tab}
          activeOptions={{ exact: true, includeSearch: current === undefined }}
          {...(current !== undefined && { 'data-current': current, 'aria-current': current ? ('page' as const) : undefined })}
        >
          {name}
          {count !== undefined && <span className={styles.count}>{formatCount(count)}</span>}
        </Link>
      ))}
    </nav>
  )
}
