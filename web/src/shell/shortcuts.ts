import { useEffect } from 'react'
import { create } from '../ui/store.ts'

/** Whether single letters act; kept per browser. */
export const singleKeys = create(localStorage.getItem('ledgersync-single-keys') !== 'off')

/** Switches single-letter shortcuts on or off. */
export function setSingleKeys(on: boolean): void {
  localStorage.setItem('ledgersync-single-keys', on ? 'on' : 'off')
  singleKeys.set(on)
}

export interface Shortcuts {
  /** By key as `KeyboardEvent.key` gives it. */
  single: Record<string, () => void>
  /** Second keys after `G`. */
  go: Record<string, () => void>
}

const waitMs = 1_200

/** Single letters act only outside fields, grids and dialogs, and never with a modifier. */
export function useShortcuts({ single, go }: Shortcuts): void {
  useEffect(() => {
    let pressedG = 0
    const onKey = (event: KeyboardEvent) => {
      if (!singleKeys.get() || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return
      if (isTyping(event.target) || document.querySelector('[role=dialog]') !== null) return
      const key = event.key.length === 1 ? event.key.toLowerCase() : event.key
      const afterG = Date.now() - pressedG < waitMs
      pressedG = key === 'g' && !afterG ? Date.now() : 0
      const action = afterG ? go[key] : single[key]
      if (action === undefined) return
      event.preventDefault()
      action()
    }
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [single, go])
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false
  return (
    target.isContentEditable ||
    target.closest('input, textarea, select, [role=grid], [role=menu], [role=listbox], [role=combobox]') !== null
  )
}

/** Moves to the page's filter field. */
export function focusFilter(): void {
  document.querySelector<HTMLInputElement>('[data-filter-field]')?.focus()
}
