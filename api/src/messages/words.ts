import { and, eq } from 'drizzle-orm'
import { shippedTemplate } from '@ledgersync/shared/template-defaults'
import type { TemplateText, TemplateUse } from '@ledgersync/shared/templates'
import type { Ctx } from '../core/context.ts'
import type { Tx } from '../db/client.ts'
import { messageTemplatesTable as t } from '../db/schema/templates.ts'

/** The template that messages of this use are written with: the firm's pick, else the one that comes with the product. */
export async function readTemplateInUse(tx: Tx, ctx: Ctx, { kind, channel, language }: TemplateUse): Promise<TemplateText> {
  const [picked] = await tx
    .select({ kind: t.kind, channel: t.channel, language: t.language, title: t.title, body: t.body })
    .from(t)
    .where(and(eq(t.firmId, ctx.firmId), eq(t.kind, kind), eq(t.channel, channel), eq(t.language, language), eq(t.inUse, true)))
  return picked ?? shippedTemplate({ kind, channel, language })
}
