import { templateProblems } from '@ledgersync/shared/template-rules'
import type { TemplateText } from '@ledgersync/shared/templates'
import { AppError } from '../core/errors.ts'

/** The template as it is kept: lines end one way, nothing around it. Throws `invalid_field`, which names each part that is wrong. */
export function checkedText<T extends Pick<TemplateText, 'channel' | 'title' | 'body'>>(input: T): T {
  const fields = Object.entries(templateProblems(input)).map(([part, message]) => ({ field: `body.${part}`, message }))
  const [first] = fields
  if (first !== undefined) throw new AppError('invalid_field', first.message, { fields })
  return { ...input, title: input.title?.trim() ?? null, body: input.body.replaceAll(/\r\n?/g, '\n').trim() }
}
