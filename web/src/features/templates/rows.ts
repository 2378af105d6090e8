import type { Language } from '@ledgersync/shared/common'
import type { Template, TemplateKind, TemplateText } from '@ledgersync/shared/templates'
import { shippedKey } from './addresses.ts'
import type { TemplateList } from './in-use.ts'
import { shippedName } from './words.ts'

/** A line of the list: one of the firm's own, or one that comes with the product. */
export interface TemplateRow extends TemplateText {
  key: string
  name: string
  inUse: boolean
  /** Null for what comes with the product. */
  own: Template | null
}

/** The templates of a kind: by language and channel, the one in use first, then by name. */
export function rowsOf(
  { items, shipped }: TemplateList,
  kind: TemplateKind,
  filter: { language?: Language; archived: boolean },
): TemplateRow[] {
  const own = items
    .filter((one) => (one.archivedAt !== null) === filter.archived)
    .map((one): TemplateRow => ({ ...one, key: one.id, own: one }))
  const ours = filter.archived ? [] : shipped.map((one): TemplateRow => ({ ...one, key: shippedKey(one), name: shippedName, own: null }))
  return [...ours, ...own]
    .filter((row) => row.kind === kind && (filter.language === undefined || row.language === filter.language))
    .sort((a, b) => a.language.localeCompare(b.language) || b.channel.localeCompare(a.channel) || Number(b.inUse) - Number(a.inUse))
}
