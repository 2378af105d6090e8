import { useNavigate, useSearch } from '@tanstack/react-router'
import { useCallback } from 'react'

/** Members of the address's query that are text; a member that is missing or of another sort is left out. */
export type Address<K extends string> = { [P in K]?: string | undefined }

/** Keeps the named members of a query. Numbers come back as text: the router reads `1640` as a number. */
export function addressOf<K extends string>(names: readonly K[], raw: Record<string, unknown>): Address<K> {
  const kept: Address<K> = {}
  for (const name of names) {
    const value = raw[name]
    if (typeof value === 'string' ? value !== '' : typeof value === 'number') kept[name] = String(value)
  }
  return kept
}

/** The named members of this page's query, and a function that changes them in place; `undefined` takes one away. */
export function useAddress<K extends string>(names: readonly K[]): [Address<K>, (changes: Address<K>) => void] {
  const raw: Record<string, unknown> = useSearch({ strict: false })
  const navigate = useNavigate()
  const change = useCallback(
    (changes: Address<K>) => {
      // The typed router knows the queries of its routes one by one; this function serves them all
      const search = ((before: Record<string, unknown>) => ({ ...before, ...changes })) as never
      void navigate({ to: '.', search, replace: true })
    },
    [navigate],
  )
  return [addressOf(names, raw), change]
}
