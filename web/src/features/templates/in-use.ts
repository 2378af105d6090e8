import type { Output } from '@ledgersync/shared/endpoint'
import { shippedTemplate } from '@ledgersync/shared/template-defaults'
import { isSameUse, templates, type TemplateText, type TemplateUse } from '@ledgersync/shared/templates'
import { useSuspenseQuery } from '@tanstack/react-query'
import { query } from '../../query.ts'

export type TemplateList = Output<typeof templates.list>

/** What messages of this use are written with now. */
export function useTemplateInUse(use: TemplateUse): TemplateText {
  const { items } = useSuspenseQuery(query(templates.list)).data
  return items.find((one) => one.inUse && isSameUse(one, use)) ?? shippedTemplate(use)
}
