import { formatCount } from './money.tsx'
import styles from './marks.module.css'

/** A bar with `48 of 118` beside it. It speaks through `role=status` politely. */
export function Progress({ done, total, label }: { done: number; total: number; label: string }) {
  const share = total === 0 ? 0 : Math.min(100, (done / total) * 100)
  return (
    <div className={styles.progressRow}>
      <div className={styles.track} role="progressbar" aria-label={label} aria-valuenow={done} aria-valuemin={0} aria-valuemax={total}>
        <div className={styles.bar} style={{ width: `${share}%` }} />
      </div>
      <span>
        {formatCount(done)} of {formatCount(total)}
      </span>
    </div>
  )
}
