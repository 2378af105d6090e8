import { Button } from '@mantine/core'
import { CircleAlert, Info, type LucideIcon, RefreshCw, TriangleAlert } from 'lucide-react'
import { useEffect, useState } from 'react'
import { ApiError } from '../api.ts'
import { wordsFor } from '../words.ts'
import styles from './states.module.css'

/** Nothing here yet: names the next step and gives its button. */
export function EmptyState({
  icon: Icon,
  title,
  children,
  actions,
}: {
  icon?: LucideIcon
  title: string
  children?: React.ReactNode
  actions?: React.ReactNode
}) {
  return (
    <div className={styles.empty}>
      {Icon && <Icon size={32} strokeWidth={1.4} aria-hidden className={styles.emptyIcon} />}
      <h2>{title}</h2>
      {children && <p>{children}</p>}
      {actions && <div className={styles.actions}>{actions}</div>}
    </div>
  )
}

/** Filters that match nothing: names them and clears them. */
export function NoResults({ children, onClear }: { children: React.ReactNode; onClear: () => void }) {
  return (
    <div className={styles.noResults}>
      <p>{children}</p>
      <Button size="sm" onClick={onClear}>
        Clear filters
      </Button>
    </div>
  )
}

/** What happened, what is safe, what to do, and the code to give to support. */
export function ErrorState({ error, title, onRetry }: { error: unknown; title?: string; onRetry?: () => void }) {
  const words = wordsFor(error)
  const code = error instanceof ApiError ? error.requestId : null
  return (
    <Notice
      tone="bad"
      title={title ?? words.title}
      action={
        onRetry && (
          <Button size="sm" leftSection={<RefreshCw size={14} />} onClick={onRetry}>
            Try again
          </Button>
        )
      }
    >
      {title === undefined ? words.detail : `${words.title}. ${words.detail}`}
      {code !== null && (
        <>
          {' '}
          Support code: <code className={styles.code}>{code}</code>
        </>
      )}
    </Notice>
  )
}

const icons = { bad: CircleAlert, warn: TriangleAlert, info: Info }

/** A box that tells one fact. bad: a true error, read out at once; warn: a person must act; info: good to know. */
export function Notice({
  tone,
  title,
  children,
  action,
}: {
  tone: 'bad' | 'warn' | 'info'
  title?: React.ReactNode
  children?: React.ReactNode
  action?: React.ReactNode
}) {
  const Icon = icons[tone]
  return (
    <div className={styles.notice} data-tone={tone} role={tone === 'bad' ? 'alert' : undefined}>
      <Icon size={16} aria-hidden className={styles.noticeIcon} />
      <div className={styles.noticeText}>
        {title !== undefined && <strong>{title}</strong>}
        {children !== undefined && <div>{children}</div>}
      </div>
      {action && <div className={styles.noticeAction}>{action}</div>}
    </div>
  )
}

/** True once `delayMs` has passed: what is quick shows no skeleton. */
function useLater(delayMs: number): boolean {
  const [later, setLater] = useState(false)
  useEffect(() => {
    const timer = window.setTimeout(() => setLater(true), delayMs)
    return () => window.clearTimeout(timer)
  }, [delayMs])
  return later
}

/** Rows of the shape that is coming, shown after 200 ms. */
export function SkeletonRows({ rows = 8, height = 40 }: { rows?: number; height?: number }) {
  const later = useLater(200)
  return (
    <div role="status" aria-label="Loading" className={styles.skeletons}>
      {later &&
        Array.from({ length: rows }, (_, index) => (
          <div key={index} className={styles.skeletonRow} style={{ height }}>
            <span style={{ width: `${22 + ((index * 7) % 16)}%` }} />
            <span style={{ width: '12%', marginInlineStart: 'auto' }} />
            <span style={{ width: '8%' }} />
          </div>
        ))}
    </div>
  )
}
