import { Button } from '@mantine/core'
import { ArrowLeft } from 'lucide-react'
import { useEffect, useRef } from 'react'
import styles from './outreach.module.css'

interface StepFrameProps {
  /** What the step asks or tells; it takes the focus. */
  heading: React.ReactNode
  detail?: React.ReactNode
  /** At the right on canvas colour; below 1200 px under the content. */
  side?: React.ReactNode
  /** Under the content, and where the window is narrow under the side. */
  after?: React.ReactNode
  onBack?: () => void
  /** Beside the buttons: what will happen. */
  note?: React.ReactNode
  /** The buttons that lead on; on a phone the last one alone is there. */
  actions: React.ReactNode
  children: React.ReactNode
}

/** One step: a heading, its content, and the bar that leads on. */
export function StepFrame({ heading, detail, side, after, onBack, note, actions, children }: StepFrameProps) {
  const top = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    window.scrollTo(0, 0)
    top.current?.focus({ preventScroll: true })
  }, [])
  return (
    <div className={styles.step} data-side={side !== undefined}>
      <div className={styles.main}>
        <div className={styles.intro}>
          <h2 ref={top} tabIndex={-1}>
            {heading}
          </h2>
          {detail !== undefined && <p>{detail}</p>}
        </div>
        {children}
      </div>
      {side !== undefined && <aside className={styles.side}>{side}</aside>}
      {after !== undefined && <div className={styles.after}>{after}</div>}
      <footer className={styles.footer}>
        {onBack && (
          <Button className={styles.back ?? ''} leftSection={<ArrowLeft size={14} aria-hidden />} onClick={onBack}>
            Back
          </Button>
        )}
        <div className={styles.footerEnd}>
          {note !== undefined && <p className={styles.note}>{note}</p>}
          {actions}
        </div>
      </footer>
    </div>
  )
}
