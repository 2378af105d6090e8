import { Button } from '@mantine/core'
import type { OutreachFix, OutreachSkipped } from '@ledgersync/shared/outreach'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { paths } from '../../paths.ts'
import { ErrorState, SkeletonRows } from '../../ui/states.tsx'
import { formatDate } from '../../ui/time.ts'
import { type Draft, requestOf } from './draft.ts'
import { skippedPages } from './queries.ts'
import { counted, fixWords } from './words.ts'
import { formatCount } from '../../ui/money.tsx'
import styles from './outreach.module.css'

interface SkippedListProps {
  draft: Draft
  count: number
  /** Has these clients written to by the other channel. */
  onInstead: (ids: string[]) => void
  onReset: () => void
  onLeave: () => void
}

/** Who is not written to and why, each with the fix where there is one. */
export function SkippedList({ draft, count, onInstead, onReset, onLeave }: SkippedListProps) {
  const { insteadIds, channel } = draft
  const list = useInfiniteQuery({ ...skippedPages(requestOf(draft)), enabled: count > 0 })
  const rows = list.data?.pages.flatMap((page) => page.items) ?? []
  const other = rows.filter(({ fix }) => isInstead(fix)).map(({ id }) => id)
  const [way, before] = channel === 'sms' ? ['an e-mail', 'a text'] : ['a text', 'an e-mail']
  if (count === 0 && insteadIds.length === 0) return null
  return (
    <section className={styles.skipped} aria-label="Skipped">
      {insteadIds.length > 0 && (
        <p className={styles.instead}>
          {counted(insteadIds.length, 'client gets', 'clients get')} {way} in place of {before}.
          <Button variant="subtle" size="sm" onClick={onReset}>
            Undo
          </Button>
        </p>
      )}
      {count > 0 && (
        <>
          <div className={styles.skippedTitle}>
            <h3>Skipped: {formatCount(count)}</h3>
            {other.length > 1 && (
              <Button size="sm" onClick={() => onInstead(other)}>
                {channel === 'sms' ? 'E-mail' : 'Text'} {formatCount(other.length)} instead
              </Button>
            )}
          </div>
          {list.isError && <ErrorState error={list.error} title="We could not load the reasons" onRetry={() => void list.refetch()} />}
          {list.isPending && <SkeletonRows rows={Math.min(count, 4)} />}
          <ul className={styles.reasons}>
            {rows.map((row) => (
              <li key={row.id}>
                <strong title={row.businessName}>{row.businessName}</strong>
                <span>
                  {row.reason}
                  {row.since !== null && ` on ${formatDate(row.since)}`}
                </span>
                <Fix row={row} onInstead={onInstead} onLeave={onLeave} />
              </li>
            ))}
          </ul>
          {list.hasNextPage && (
            <Button size="sm" variant="subtle" loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
              Show {formatCount(count - rows.length)} more
            </Button>
          )}
        </>
      )}
    </section>
  )
}

const isInstead = (fix: OutreachFix | null): boolean => fix === 'email_instead' || fix === 'text_instead'

function Fix({
  row: { id, businessName, fix },
  onInstead,
  onLeave,
}: { row: OutreachSkipped } & Pick<SkippedListProps, 'onInstead' | 'onLeave'>) {
  if (fix === null) return null
  const [label, name] = [fixWords[fix], `${fixWords[fix]}: ${businessName}`]
  switch (fix) {
    case 'email_instead':
    case 'text_instead':
      return (
        <button type="button" className={styles.fix} aria-label={name} onClick={() => onInstead([id])}>
          {label}
        </button>
      )
    case 'fix_phone':
    case 'fix_email':
      return (
        <Link
          to={paths.clientSettings}
          params={{ clientId: id }}
          search={{ field: fix === 'fix_phone' ? 'phone' : 'email' }}
          className={styles.fix}
          aria-label={name}
          onClick={onLeave}
        >
          {label}
        </Link>
      )
    case 'own_access':
    case 'open_client':
      return (
        <Link to={paths.client} params={{ clientId: id }} className={styles.fix} aria-label={name} onClick={onLeave}>
          {label}
        </Link>
      )
  }
}
