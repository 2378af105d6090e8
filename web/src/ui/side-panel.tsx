import { ActionIcon, Drawer } from '@mantine/core'
import { X } from 'lucide-react'
import styles from './side-panel.module.css'

interface SidePanelProps {
  opened: boolean
  title: string
  onClose: () => void
  /** 480 for editing one thing beside a list, 1080 for making something from anywhere. */
  width?: 480 | 1080
  /** Buttons at the bottom; they stay in sight. */
  footer?: React.ReactNode
  /** The content brings its own padding and scrolling. */
  bare?: boolean
  children: React.ReactNode
}

/** A drawer at the right. Esc and the overlay call `onClose`, which asks first when text would be lost. */
export function SidePanel({ opened, title, onClose, width = 480, footer, bare = false, children }: SidePanelProps) {
  return (
    <Drawer.Root
      opened={opened}
      onClose={onClose}
      size={width}
      position="right"
      transitionProps={{ transition: 'fade', duration: 120 }}
      classNames={{ content: styles.content ?? '', inner: styles.inner ?? '' }}
    >
      <Drawer.Overlay className={styles.overlay ?? ''} />
      <Drawer.Content aria-label={title}>
        <header className={styles.header}>
          <h2>{title}</h2>
          <ActionIcon aria-label="Close" onClick={onClose}>
            <X size={16} />
          </ActionIcon>
        </header>
        <div className={styles.body} data-bare={bare}>
          {children}
        </div>
        {footer && <footer className={styles.footer}>{footer}</footer>}
      </Drawer.Content>
    </Drawer.Root>
  )
}
