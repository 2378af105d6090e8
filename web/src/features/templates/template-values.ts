import { templateProblems } from '@ledgersync/shared/template-rules'
import type { TemplateText, TemplateUse } from '@ledgersync/shared/templates'

/** What the form holds, under the names the API refuses fields by. */
export interface TemplateValues extends TemplateUse {
  name: string
  title: string
  body: string
}

/** The template that the form describes. */
export const textOf = ({ kind, channel, language, title, body }: TemplateValues): TemplateText => ({
  kind,
  channel,
  language,
  title: channel === 'email' ? title : null,
  body,
})

/** The sentences of the form's own checks: those of the API. */
export function validateTemplate(values: TemplateValues): Partial<Record<keyof TemplateValues, string>> {
  return { ...(values.name.trim() === '' && { name: 'Enter a name.' }), ...templateProblems(textOf(values)) }
}
