import type { Output } from '@ledgersync/shared/endpoint'
import { shippedTemplate } from '@ledgersync/shared/template-defaults'
import { templates, type TemplateText, type TemplateUse } from '@ledgersync/shared/templates'
import { useSuspenseQuery } from '@tanstack/react-query'
import { query } from '../../query.ts'

export type TemplateList = Output<typeof templates.list>

/** Whether both are for the same kind of message, channel and language. */
export const isForUse = (one: TemplateUse, use: TemplateUse): boolean =>
  one.kind === use.kind && one.channel === use.channel && one.language === use.language

/** What messages of this use are written with now. */
export function useTemplateInUse(use: TemplateUse): TemplateText {
  const { items } = useSuspenseQuery(query(templates.list)).data
  return items.find((one) => one.inUse && isForUse(one, use)) ?? shippedTemplate(use)
}
