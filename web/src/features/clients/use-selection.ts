import type { BulkStart } from '@ledgersync/shared/bulk'
import { useHotkeys } from '@mantine/hooks'
import { useState } from 'react'

/** Rows that are ticked: some by name, or all that match but some. */
export type Chosen = { all: false; ids: ReadonlySet<string> } | { all: true; except: ReadonlySet<string> }

const nothing: Chosen = { all: false, ids: new Set() }

export interface Selection {
  count: number
  state: 'none' | 'some' | 'all'
  has: (id: string) => boolean
  /** Ticks or unticks; with `ids` all of these become as the first one does. */
  toggle: (id: string, ids?: readonly string[]) => void
  toggleAll: () => void
  clear: () => void
  /** What a run over many clients is told. */
  chosen: Pick<BulkStart, 'clientIds' | 'exceptIds'> & { all: boolean }
}

/**
 * The ticked rows of a list of `total` clients. `scope` says which list it is: under another filter nothing is ticked, for what is
 * not seen must not be changed. `initial` is ticked at first.
 */
export function useSelection(scope: string, total: number, initial: Chosen = nothing): Selection {
  const [{ of, chosen: kept }, set] = useState<{ of: string; chosen: Chosen }>({ of: scope, chosen: initial })
  const chosen = of === scope ? kept : nothing
  const choose = (next: Chosen) => set({ of: scope, chosen: next })
  const has = (id: string) => (chosen.all ? !chosen.except.has(id) : chosen.ids.has(id))
  const toggle = (id: string, ids: readonly string[] = [id]) => {
    const on = !has(id)
    const marked = new Set(chosen.all ? chosen.except : chosen.ids)
    for (const each of ids) {
      if (on === chosen.all) marked.delete(each)
      else marked.add(each)
    }
    choose(chosen.all ? { all: true, except: marked } : { all: false, ids: marked })
  }
  const count = chosen.all ? Math.max(0, total - chosen.except.size) : chosen.ids.size
  return {
    count,
    state: count === 0 ? 'none' : count >= total ? 'all' : 'some',
    has,
    toggle,
    toggleAll: () => choose(count === 0 ? { all: true, except: new Set() } : nothing),
    clear: () => choose(nothing),
    chosen: chosen.all ? { all: true, exceptIds: [...chosen.except] } : { all: false, clientIds: [...chosen.ids] },
  }
}

interface TickedRow {
  id: string
  businessName: string
}

/** The ticks as a table of clients shows them. */
export const ticksOf = (selection: Selection) => ({
  state: selection.state,
  has: (row: TickedRow) => selection.has(row.id),
  toggle: (row: TickedRow, span: readonly TickedRow[]) =>
    selection.toggle(
      row.id,
      span.map(({ id }) => id),
    ),
  toggleAll: selection.toggleAll,
  nameOf: (row: TickedRow) => row.businessName,
})

/** Ctrl A ticks all that match, Esc takes the ticks away; not while something is typed, or something above the list is open. */
export function useSelectionKeys({ count, toggleAll, clear }: Selection) {
  const acts = (event: KeyboardEvent): boolean =>
    !(event.target instanceof HTMLInputElement && event.target.type !== 'checkbox') &&
    document.querySelector('[role=dialog], [role=menu]') === null
  const selectAll = (event: KeyboardEvent) => {
    if (!acts(event)) return
    event.preventDefault()
    if (count > 0) clear()
    else toggleAll()
  }
  const options = { preventDefault: false }
  useHotkeys(
    [
      ['mod+A', selectAll, options],
      ['Escape', (event) => acts(event) && clear(), options],
    ],
    ['TEXTAREA', 'SELECT'],
  )
}
