import styles from './page.module.css'

/** Filters above a list, inside a part of a page that has its own header (a tab of a client). */
export function ListPane({ filters, children }: { filters?: React.ReactNode; children: React.ReactNode }) {
  return (
    <>
      {filters && <div className={styles.filters}>{filters}</div>}
      {children}
    </>
  )
}
