import type { AuditEntry } from '@ledgersync/shared/audit'
import { idPattern } from '../core/cursor.ts'

type Change = AuditEntry['changes'][number]
type Details = Record<string, unknown>

/** Names of members that people would not recognise; the others are taken apart: `businessName` is "Business name". */
const memberNames: ReadonlyMap<string, string> = new Map([
  ['staffIds', 'Assigned'],
  ['staffId', 'Colleague'],
  ['groupId', 'Group'],
  ['clientIds', 'Clients'],
  ['transactionIds', 'Transactions'],
  ['textConsentAt', 'Agreed to texts'],
  ['textConsentBy', 'Agreement noted by'],
  ['to', 'To'],
  ['from', 'From'],
  ['ok', 'Unbroken'],
  ['assignAll', 'Every client to every employee'],
])

function nameOf(member: string): string {
  const known = memberNames.get(member)
  if (known !== undefined) return known
  const words = member.replaceAll(/([a-z])([A-Z])/g, '$1 $2').replaceAll(/[._]/g, ' ')
  return words.charAt(0).toUpperCase() + words.slice(1).toLowerCase()
}

const textMax = 500
const listMax = 12

/** A value as people read it: ids of colleagues and groups by their names, long lists by their length. */
function textOf(value: unknown, names: ReadonlyMap<string, string>): string | null {
  if (value === null || value === undefined || value === '') return null
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (typeof value === 'string') return (names.get(value) ?? value).slice(0, textMax)
  if (typeof value === 'number') return String(value)
  if (!Array.isArray(value)) return JSON.stringify(value).slice(0, textMax)
  const items: unknown[] = value
  if (items.length === 0) return null
  const areUnknownIds = items.every((item) => typeof item === 'string' && idPattern.test(item) && !names.has(item))
  if (areUnknownIds || items.length > listMax) return String(items.length)
  return items
    .map((item) => textOf(item, names) ?? '')
    .join(', ')
    .slice(0, textMax)
}

const isDetails = (value: unknown): value is Details => typeof value === 'object' && value !== null && !Array.isArray(value)

/** What an entry tells of before and after, member by member; members that stayed the same are left out. */
export function changesOf(details: Details | null, names: ReadonlyMap<string, string>): Change[] {
  if (details === null) return []
  const { before, after, ...rest } = details
  const plain = Object.entries(rest).map(([name, value]): Change => ({ name: nameOf(name), before: null, after: textOf(value, names) }))
  const changed = [...plain, ...compare(before, after, names)].filter((change) => change.before !== change.after)
  // The database keeps no order of members
  return changed.sort((one, other) => (one.name < other.name ? -1 : 1))
}

/** A map: a plain object also has what every object inherits, and a member may have any name. */
const membersOf = (value: unknown): ReadonlyMap<string, unknown> => new Map(isDetails(value) ? Object.entries(value) : [])

function compare(before: unknown, after: unknown, names: ReadonlyMap<string, string>): Change[] {
  if (!isDetails(before) && !isDetails(after)) return [{ name: 'Value', before: textOf(before, names), after: textOf(after, names) }]
  const [old, next] = [membersOf(before), membersOf(after)]
  return [...new Set([...old.keys(), ...next.keys()])].map((name) => ({
    name: nameOf(name),
    before: textOf(old.get(name), names),
    after: textOf(next.get(name), names),
  }))
}

/** The name of what was changed, where the entry tells it. */
export function subjectOf(details: Details | null, names: ReadonlyMap<string, string>): string | null {
  const colleague = details?.staffId
  if (typeof colleague === 'string') return names.get(colleague) ?? null
  for (const member of ['name', 'businessName', 'email', 'companyName', 'institution']) {
    const value = details?.[member]
    if (typeof value === 'string' && value !== '') return value.slice(0, textMax)
  }
  return null
}
