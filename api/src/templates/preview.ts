import type { Input, Output } from '@ledgersync/shared/endpoint'
import { measureText, renderTemplate, sampleFacts, type TemplateFacts, warningsFor } from '@ledgersync/shared/template-render'
import { type PreviewRequest, type TemplateKind, type TemplatePreview, type templates, testsPerDayMax } from '@ledgersync/shared/templates'
import { and, eq } from 'drizzle-orm'
import { optedOutPhones } from '../clients/opt-outs.ts'
import { getVisibleClient } from '../clients/visibility.ts'
import { countAttempt } from '../core/attempts.ts'
import { recordAudit } from '../core/audit.ts'
import type { StaffCtx } from '../core/context.ts'
import { AppError } from '../core/errors.ts'
import { newToken } from '../core/ids.ts'
import { one, type Tx, withFirm } from '../db/client.ts'
import { firmsTable, staffTable } from '../db/schema/firms.ts'
import { senderNameOf } from '../firms/sender.ts'
import { readInviteFacts } from '../invites/facts.ts'
import { queueMessage } from '../messages/service.ts'
import { checkedText } from './check.ts'

type Staff = typeof staffTable.$inferSelect

async function readSelf(tx: Tx, ctx: StaffCtx): Promise<{ staff: Staff; firmName: string }> {
  const found = await tx
    .select({ staff: staffTable, firm: firmsTable })
    .from(staffTable)
    .innerJoin(firmsTable, eq(firmsTable.firmId, staffTable.firmId))
    .where(and(eq(staffTable.firmId, ctx.firmId), eq(staffTable.id, ctx.actor.staffId)))
  const { staff, firm } = one(found)
  return { staff, firmName: senderNameOf(firm) }
}

async function inventedFacts(tx: Tx, ctx: StaffCtx, kind: TemplateKind): Promise<TemplateFacts> {
  const { staff, firmName } = await readSelf(tx, ctx)
  return sampleFacts(kind, { staffName: staff.name, firmName })
}

async function factsOf(tx: Tx, ctx: StaffCtx, { kind, clientId }: PreviewRequest): Promise<TemplateFacts> {
  if (clientId === undefined) return inventedFacts(tx, ctx, kind)
  const client = await getVisibleClient(tx, ctx, clientId)
  return readInviteFacts(tx, ctx, [client], (await readSelf(tx, ctx)).staff.name)
}

/** What the client would read if it went out now, in the person's name. Throws `invalid_field` and `not_found`. */
export async function previewTemplate(ctx: StaffCtx, draft: PreviewRequest): Promise<TemplatePreview> {
  const template = checkedText(draft)
  const facts = await withFirm(ctx, (tx) => factsOf(tx, ctx, draft), 'read')
  const { subject, body } = renderTemplate(template, facts)
  const length = template.channel === 'sms' ? measureText(body, ctx.deps.publicUrl) : null
  return { subject, body, length, warnings: warningsFor(template, length) }
}

const testLimit = { windowSeconds: 24 * 60 * 60, max: testsPerDayMax, sentence: 'You sent yourself many tests today. Try again tomorrow.' }

/** Where somebody's own tests go. Throws `email_unverified`, `channel_unavailable` and `opted_out`. */
async function ownAddress(tx: Tx, ctx: StaffCtx, channel: 'sms' | 'email', staff: Staff): Promise<string> {
  if (staff.emailVerifiedAt === null) throw new AppError('email_unverified', 'Verify your own e-mail first: then tests can be sent to you.')
  if (channel === 'email') return staff.email
  if (staff.phone === null || staff.phoneVerifiedAt === null)
    throw new AppError('channel_unavailable', 'Add your own cell phone under Account first: tests go to a phone that is verified.')
  if ((await optedOutPhones(tx, ctx.deps, [staff.phone])).size > 0)
    throw new AppError('opted_out', 'Your own phone has replied STOP. Text START to our number to get texts again.')
  return staff.phone
}

/**
 * Sends the template to the person who asks, with invented names and banks. Its link belongs to nobody: the page says that it is not
 * known. Throws `invalid_field`, `too_many_requests`, and what {@link ownAddress} throws.
 */
export async function testTemplate(ctx: StaffCtx, draft: Input<typeof templates.test>['body']): Promise<Output<typeof templates.test>> {
  const template = checkedText(draft)
  const { kind, channel, language } = template
  await withFirm(ctx, async (tx) => ownAddress(tx, ctx, channel, (await readSelf(tx, ctx)).staff), 'read')
  await countAttempt(ctx.deps, `template_test:${ctx.actor.staffId}`, testLimit)
  return withFirm(ctx, async (tx) => {
    const { staff, firmName } = await readSelf(tx, ctx)
    const to = await ownAddress(tx, ctx, channel, staff)
    const { subject, body } = renderTemplate(template, sampleFacts(kind, { staffName: staff.name, firmName }))
    const messageId = await queueMessage(tx, ctx, {
      purpose: 'template_test',
      channel,
      staffId: staff.id,
      to,
      language,
      ...(subject !== null && { subject: `${language === 'es' ? 'Prueba' : 'Test'}: ${subject}` }),
      body,
      secrets: { link: `/i/${newToken()}` },
    })
    await recordAudit(tx, ctx, 'template.test_sent', { id: messageId, details: { kind, channel, language } })
    return { to }
  })
}
