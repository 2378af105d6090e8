import { create } from '../ui/store.ts'

/** Whether the sidebar is folded to its rail; kept per browser. */
export const folded = create(localStorage.getItem('ledgersync-sidebar') === 'rail')

/** Folds or unfolds the sidebar. */
export function toggleSidebar(): void {
  const next = !folded.get()
  localStorage.setItem('ledgersync-sidebar', next ? 'rail' : 'open')
  folded.set(next)
}

const closedName = 'ledgersync-closed-groups'

/** Ids of the groups that the sidebar shows closed; kept per browser. */
export const closedGroups = create<ReadonlySet<string>>(new Set(localStorage.getItem(closedName)?.split(' ')))

/** Opens or closes a group of the sidebar. */
export function toggleGroup(id: string): void {
  const next = new Set(closedGroups.get())
  if (!next.delete(id)) next.add(id)
  localStorage.setItem(closedName, [...next].join(' '))
  closedGroups.set(next)
}
