import { useEffect } from 'react'
import styles from './access.module.css'

/** The page around sign-in, sign-up and verification. */
export function AccessFrame({
  title,
  lead,
  children,
  foot,
}: {
  title: string
  lead?: string
  children: React.ReactNode
  foot?: React.ReactNode
}) {
  useEffect(() => {
    document.title = `${title} · Ledgersync`
  }, [title])
  return (
    <main className={styles.frame}>
      <div className={styles.card}>
        <div className={styles.brand}>
          <img src="/mark.svg" alt="" width={24} height={24} />
          Ledgersync
        </div>
        <h1>{title}</h1>
        {lead !== undefined && <p className={styles.lead}>{lead}</p>}
        {children}
      </div>
      {foot && <p className={styles.foot}>{foot}</p>}
    </main>
  )
}
