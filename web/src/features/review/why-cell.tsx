import type { Transaction } from '@ledgersync/shared/transactions'
import { ListChecks, MessageSquareDashed, UserRound } from 'lucide-react'
import { Badge } from '../../ui/badge.tsx'
import { blockerWords } from '../transactions/words.ts'
import styles from './review.module.css'

/** In a word, why the row stands as it does. The panel tells all. */
export function WhyCell({ row }: { row: Transaction }) {
  const blocker = row.blockers[0]
  const { categoryBy } = row.coding
  if (blocker !== undefined && categoryBy !== null) return <Badge tone="warn">{blockerWords[blocker].short}</Badge>
  if (categoryBy === null)
    return (
      <span className={styles.why}>
        <MessageSquareDashed size={14} aria-hidden /> Needs review
      </span>
    )
  if (categoryBy === 'person')
    return (
      <span className={styles.why}>
        <UserRound size={14} aria-hidden /> By a person
      </span>
    )
  return (
    <span className={styles.why} title={row.why?.ruleName}>
      <ListChecks size={14} aria-hidden /> <span className={styles.cut}>{row.why?.ruleName ?? 'By a rule'}</span>
    </span>
  )
}
