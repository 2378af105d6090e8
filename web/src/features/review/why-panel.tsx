import { Button } from '@mantine/core'
import type { Transaction } from '@ledgersync/shared/transactions'
import { Link } from '@tanstack/react-router'
import { WandSparkles } from 'lucide-react'
import { paths } from '../../paths.ts'
import { Badge } from '../../ui/badge.tsx'
import { DateTime } from '../../ui/date-time.tsx'
import { Kbd } from '../../ui/kbd.tsx'
import { Mask } from '../../ui/money.tsx'
import { Notice } from '../../ui/states.tsx'
import { formatDay } from '../../ui/time.ts'
import { Amount } from '../transactions/amount.tsx'
import { blockerWords } from '../transactions/words.ts'
import styles from './why-panel.module.css'

/** Everything known about why a row is coded as it is, and what keeps it out of QuickBooks. */
export function WhyPanel({ row, onUnapprove }: { row: Transaction | null; onUnapprove: (row: Transaction) => void }) {
  if (row === null) return <p className={styles.quiet}>Choose a row to see why it is coded so.</p>
  const { categoryName } = row.coding
  return (
    <>
      <header className={styles.title}>
        <h2>{categoryName === null ? 'No category yet' : `Why ${categoryName}`}</h2>
        <Kbd keys="Alt W" />
      </header>
      <div className={styles.card}>
        <div className={styles.cardLine}>
          <strong>
            <Marked text={row.description} words={row.why?.matched ?? []} />
          </strong>
          <strong className={styles.amount}>
            <Amount row={row} />
          </strong>
        </div>
        <div className={styles.second}>
          {formatDay(row.date)} · {row.accountName} <Mask mask={row.accountMask} />
        </div>
        {row.payee !== null && <div className={styles.second}>{row.payee}</div>}
      </div>
      {row.blockers.map((blocker) => {
        const { sentence, fix } = blockerWords[blocker]
        return (
          <Notice
            key={blocker}
            tone="warn"
            action={
              fix !== null && (
                <Link to={paths.clientMapping} params={{ clientId: row.clientId }}>
                  {fix}
                </Link>
              )
            }
          >
            {sentence(row)}
          </Notice>
        )
      })}
      <Decision row={row} />
      <People row={row} />
      <div className={styles.buttons}>
        {row.stage === 'approved' && <Button onClick={() => onUnapprove(row)}>Take approval back</Button>}
        <Button
          leftSection={<WandSparkles size={14} aria-hidden />}
          renderRoot={(props) => (
            <Link
              to={paths.clientRules}
              params={{ clientId: row.clientId }}
              search={{ rule: 'new', words: row.payee ?? row.description }}
              {...props}
            />
          )}
        >
          Make a rule for {row.clientName}
        </Button>
      </div>
    </>
  )
}

function Decision({ row }: { row: Transaction }) {
  const { why, coding } = row
  if (why === null || (coding.categoryBy === 'person' && coding.vendorBy === 'person')) return null
  return (
    <section className={styles.section}>
      <h3>Decided by</h3>
      <p className={styles.rule}>
        {why.scope === 'client' && why.ruleId !== null ? (
          <Link to={paths.clientRules} params={{ clientId: row.clientId }} search={{ rule: why.ruleId }}>
            {why.ruleName}
          </Link>
        ) : (
          <strong>{why.ruleName}</strong>
        )}
        <Badge>{why.scope === 'client' ? 'Client rule' : 'Global rule'}</Badge>
        <span className={styles.quiet}>version {why.ruleVersion}</span>
      </p>
      {why.matched.length > 0 && (
        <p>
          The row has <strong>{why.matched.join(', ')}</strong>.
        </p>
      )}
    </section>
  )
}

function People({ row }: { row: Transaction }) {
  const { categoryBy, vendorBy } = row.coding
  const touched = categoryBy === 'person' || vendorBy === 'person'
  const what = [categoryBy === 'person' && 'category', vendorBy === 'person' && 'vendor'].filter((one) => one !== false).join(' and ')
  return (
    <section className={styles.section}>
      <h3>People</h3>
      {row.approvedAt !== null && (
        <p>
          {row.approvedBy === null ? 'Approved' : `${row.approvedBy} approved it`} <DateTime at={row.approvedAt} shape="ago" />.
        </p>
      )}
      {touched && <p>A person chose the {what}. Rules never change that.</p>}
      {row.approvedAt === null && !touched && (
        <p>Nobody has approved this row yet. If you change it, your choice stays when rules run again.</p>
      )}
    </section>
  )
}

/** The text with every matched word marked. */
function Marked({ text, words }: { text: string; words: readonly string[] }) {
  const lower = text.toLowerCase()
  const places = words.flatMap((word) => {
    const start = word === '' ? -1 : lower.indexOf(word.toLowerCase())
    return start === -1 ? [] : [{ start, end: start + word.length }]
  })
  places.sort((one, other) => one.start - other.start)
  const parts: React.ReactNode[] = []
  let at = 0
  for (const { start, end } of places) {
    if (start < at) continue
    parts.push(text.slice(at, start), <mark key={start}>{text.slice(start, end)}</mark>)
    at = end
  }
  return (
    <>
      {parts}
      {text.slice(at)}
    </>
  )
}
