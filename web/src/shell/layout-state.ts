import { create } from '../ui/store.ts'

/** Whether the sidebar is folded to its rail; kept per browser. */
export const folded = create(localStorage.getItem('ledgersync-sidebar') === 'rail')

/** Folds or unfolds the sidebar. */
export function toggleSidebar(): void {
  const next = !folded.get()
  localStorage.setItem('ledgersync-sidebar', next ? 'rail' : 'open')
  folded.set(next)
}
