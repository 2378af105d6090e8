import type { Language } from './common.ts'

/** A client as far as it says to whom a message goes. An address that is not to be used is null. */
export interface AddressedClient {
  id: string
  /** E.164. */
  phone: string | null
  email: string | null
  language: Language
}

/**
 * Clients that are one person: the same address on every channel that is used, and the same language, for one message speaks one.
 * With `both` a client without one of the two addresses goes with those that are reached by the other alone. A client with no
 * address at all is nobody's but its own. Groups stand in the order of their first clients, and clients in the order they came.
 */
export function groupByPerson<Row extends AddressedClient>(rows: readonly Row[], channel: 'sms' | 'email' | 'both'): Row[][] {
  const groups = new Map<string, Row[]>()
  for (const row of rows) {
    const phone = channel === 'email' ? null : row.phone
    const email = channel === 'sms' ? null : (row.email?.toLowerCase() ?? null)
    const key = phone === null && email === null ? row.id : JSON.stringify([row.language, phone, email])
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [row])
    else group.push(row)
  }
  return [...groups.values()]
}
