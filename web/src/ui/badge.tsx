import styles from './marks.module.css'

/** neutral: normal; moving: under way; warn: wants a person; bad: failed; ok: done. */
export type Tone = 'neutral' | 'moving' | 'warn' | 'bad' | 'ok'

/** A 20 px badge in sentence case. Its words carry the meaning, its colour only repeats it. */
export function Badge({ tone = 'neutral', children }: { tone?: Tone; children: React.ReactNode }) {
  return (
    <span className={styles.badge} data-tone={tone}>
      {children}
    </span>
  )
}

/** Initials of a person in a circle, with the whole name for those who ask. */
export function Initials({ name, size = 24 }: { name: string; size?: number }) {
  const parts = name.trim().split(/\s+/)
  const initials = (parts[0]?.[0] ?? '') + (parts.length > 1 ? (parts.at(-1)?.[0] ?? '') : '')
  return (
    <span className={styles.initials} title={name} role="img" aria-label={name} style={{ width: size, height: size }}>
      {initials.toUpperCase()}
    </span>
  )
}

/** A bank's initials on its own colour; the same bank always looks the same. */
export function BankMark({ name, color, size = 24 }: { name: string; color?: string | null; size?: number }) {
  const words = name.replace(/[^\p{L}\p{N} ]/gu, '').split(/\s+/)
  const initials = (words[0]?.[0] ?? '') + (words[1]?.[0] ?? words[0]?.[1] ?? '')
  return (
    <span className={styles.bank} aria-hidden style={{ width: size, height: size, background: color ?? colorOf(name) }}>
      {initials.toUpperCase()}
    </span>
  )
}

/** White on each of these reads at 4.5:1 or better. */
function colorOf(name: string): string {
  let sum = 0
  for (const letter of name) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 360
  return `hsl(${sum} 38% 32%)`
}
