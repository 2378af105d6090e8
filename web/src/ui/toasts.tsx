import { CloseButton } from '@mantine/core'
import { Check, CircleAlert, TriangleAlert } from 'lucide-react'
import { useEffect, useState } from 'react'
import { wordsFor } from '../words.ts'
import { create } from './store.ts'
import styles from './toasts.module.css'

interface Toast {
  id: number
  tone: 'ok' | 'warn' | 'bad'
  title: string
  detail?: string
  action?: { label: string; run: () => void }
}

const toasts = create<Toast[]>([])
let lastId = 0

/** Tells something that happened. `action` is usually Undo; it stays for 10 s, longer while pointed at. */
export function toast(message: Omit<Toast, 'id' | 'tone'> & { tone?: Toast['tone'] }): void {
  lastId += 1
  const added: Toast = { ...message, tone: message.tone ?? 'ok', id: lastId }
  toasts.set([...toasts.get(), added].slice(-4))
}

/** Tells a failure; it stays until closed. */
export function toastError(error: unknown, title?: string): void {
  const words = wordsFor(error)
  toast({ tone: 'bad', title: title ?? words.title, detail: title === undefined ? words.detail : `${words.title}. ${words.detail}` })
}

function close(id: number): void {
  toasts.set(toasts.get().filter((one) => one.id !== id))
}

/** Bottom left, mounted once. */
export function Toasts() {
  const shown = toasts.use()
  return (
    <section className={styles.stack} aria-label="Notifications" aria-live="polite">
      {shown.map((one) => (
        <ToastCard key={one.id} {...one} />
      ))}
    </section>
  )
}

const icons = { ok: Check, warn: TriangleAlert, bad: CircleAlert }

function ToastCard({ id, tone, title, detail, action }: Toast) {
  const [held, setHeld] = useState(false)
  useEffect(() => {
    if (held || tone === 'bad') return
    const timer = window.setTimeout(() => close(id), action ? 10_000 : 6_000)
    return () => window.clearTimeout(timer)
  }, [held, tone, id, action])
  const Icon = icons[tone]
  return (
    <div
      className={styles.toast}
      data-tone={tone}
      role={tone === 'bad' ? 'alert' : undefined}
      onMouseEnter={() => setHeld(true)}
      onMouseLeave={() => setHeld(false)}
      onFocus={() => setHeld(true)}
      onBlur={() => setHeld(false)}
    >
      <Icon size={16} aria-hidden className={styles.icon} />
      <div className={styles.text}>
        <strong>{title}</strong>
        {detail !== undefined && <div>{detail}</div>}
      </div>
      {action && (
        <button
          type="button"
          className={styles.action}
          onClick={() => {
            action.run()
            close(id)
          }}
        >
          {action.label}
        </button>
      )}
      <CloseButton size="sm" aria-label="Dismiss" onClick={() => close(id)} />
    </div>
  )
}
