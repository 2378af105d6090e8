import type { Language } from '@ledgersync/shared/common'
import { renderTemplate, sampleFacts, type TemplateFacts } from '@ledgersync/shared/template-render'
import type { Template, TemplateKind, TemplateText } from '@ledgersync/shared/templates'
import { linkMark } from '@ledgersync/shared/texts'
import { shippedKey } from './addresses.ts'
import type { TemplateList } from './in-use.ts'
import { shippedName } from './words.ts'

/** A line of the list: one of the firm's own, or one that comes with the product. */
export interface TemplateRow extends TemplateText {
  key: string
  name: string
  inUse: boolean
  /** How it begins, as a client reads it. */
  excerpt: string
  /** Null for what comes with the product. */
  own: Template | null
}

interface Filter {
  kind: TemplateKind
  language?: Language
  archived: boolean
}
type Sender = Pick<TemplateFacts, 'staffName' | 'firmName'>

/** The templates of a kind: by language and channel, the one in use first, then by name. */
export function rowsOf({ items, shipped }: TemplateList, { kind, language, archived }: Filter, sender: Sender): TemplateRow[] {
  const own = items
    .filter((one) => (one.archivedAt !== null) === archived)
    .map((one): TemplateRow => ({ ...one, key: one.id, own: one, excerpt: excerptOf(one, sender) }))
  const standard = shipped.map(
    (one): TemplateRow => ({ ...one, key: shippedKey(one), name: shippedName, own: null, excerpt: excerptOf(one, sender) }),
  )
  return [...(archived ? [] : standard), ...own]
    .filter((row) => row.kind === kind && (language === undefined || row.language === language))
    .sort((a, b) => a.language.localeCompare(b.language) || b.channel.localeCompare(a.channel) || Number(b.inUse) - Number(a.inUse))
}

function excerptOf(template: TemplateText, sender: Sender): string {
  const { subject, body } = renderTemplate(template, sampleFacts(template.kind, sender))
  return (subject ?? body).replace(linkMark, () => '…')
}
