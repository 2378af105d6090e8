import { isMac } from './kbd.tsx'

interface KeyPress {
  key: string
  ctrlKey: boolean
  metaKey: boolean
  altKey: boolean
  shiftKey: boolean
}

/**
 * The keys of an event as the design writes them: `Ctrl+Shift+Enter`, `Alt+w`, `Shift+Tab`, `a`.
 * On a Mac Ctrl is ⌘, and Alt is ⌃ because Option types characters there. Shift is told only beside named keys.
 */
export function chordOf(event: KeyPress): string {
  const control = isMac ? event.metaKey : event.ctrlKey
  const alt = isMac ? event.ctrlKey : event.altKey
  const named = event.key.length > 1
  const key = named ? event.key : event.key.toLowerCase()
  const modified = control || alt
  return `${control ? 'Ctrl+' : ''}${alt ? 'Alt+' : ''}${event.shiftKey && (named || modified) ? 'Shift+' : ''}${modified || named ? key : event.key}`
}
