import { and, eq, inArray, or } from 'drizzle-orm'
import { shippedTemplate } from '@ledgersync/shared/template-defaults'
import { isSameUse, type TemplateText, type TemplateUse } from '@ledgersync/shared/templates'
import type { Ctx } from '../core/context.ts'
import { AppError, invalidField, notFound } from '../core/errors.ts'
import type { Tx } from '../db/client.ts'
import { messageTemplatesTable as t } from '../db/schema/templates.ts'

/** Words that a message is written with, and which template they are; no id and no name for what comes with the product. */
export interface NamedTemplate extends TemplateText {
  templateId: string | null
  templateName: string | null
}

/**
 * What messages are written with: for each use the chosen template, else the firm's pick, else the one that comes with the product.
 * Of chosen ones it throws `not_found`, `conflict` for a template that is archived, and `invalid_field` for two of one use and for
 * reminders, which are written days later.
 */
export async function readTemplates(tx: Tx, ctx: Ctx, chosenIds: readonly string[] = []): Promise<(use: TemplateUse) => NamedTemplate> {
  const rows = await tx
    .select()
    .from(t)
    .where(and(eq(t.firmId, ctx.firmId), or(eq(t.inUse, true), inArray(t.id, [...chosenIds]))))
  const chosen = chosenIds.map((id) => {
    const row = rows.find((one) => one.id === id)
    if (row === undefined) throw notFound('template')
    return row
  })
  if (chosen.some(({ archivedAt }) => archivedAt !== null))
    throw new AppError('conflict', 'A chosen template is archived. Bring it back, or choose another one.')
  if (chosen.some(({ kind }) => kind === 'reminder'))
    throw invalidField('body.templateIds', 'Reminders are written with the template that is in use when they go out.')
  if (chosen.some((one) => chosen.some((other) => other !== one && isSameUse(one, other))))
    throw invalidField('body.templateIds', 'Choose one template for each kind of message, channel and language.')
  const inUse = rows.filter((row) => row.inUse)
  return (use) => {
    const found = chosen.find((one) => isSameUse(one, use)) ?? inUse.find((one) => isSameUse(one, use))
    if (found === undefined) return { ...shippedTemplate(use), templateId: null, templateName: null }
    const { id, name, kind, channel, language, title, body } = found
    return { kind, channel, language, title, body, templateId: id, templateName: name }
  }
}
