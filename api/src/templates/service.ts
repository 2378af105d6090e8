import type { Input, Output } from '@ledgersync/shared/endpoint'
import { shippedTemplates } from '@ledgersync/shared/template-defaults'
import {
  isSameUse,
  type Template,
  type TemplateCreate,
  templatesMax,
  type templates,
  type TemplateUpdate,
  type TemplateUse,
} from '@ledgersync/shared/templates'
import { and, asc, eq, isNull, ne, sql } from 'drizzle-orm'
import { recordAudit } from '../core/audit.ts'
import type { StaffCtx } from '../core/context.ts'
import { AppError, notFound } from '../core/errors.ts'
import { newId } from '../core/ids.ts'
import { publish } from '../core/publish.ts'
import { one, type Tx, withFirm } from '../db/client.ts'
import { staffTable } from '../db/schema/firms.ts'
import { messageTemplatesTable as t } from '../db/schema/templates.ts'
import { checkedText } from './check.ts'

type Row = typeof t.$inferSelect

const mine = (ctx: StaffCtx, templateId: string) => and(eq(t.firmId, ctx.firmId), eq(t.id, templateId))
const ofUse = (ctx: StaffCtx, { kind, channel, language }: TemplateUse) =>
  and(eq(t.firmId, ctx.firmId), eq(t.kind, kind), eq(t.channel, channel), eq(t.language, language))
const useOf = ({ kind, channel, language }: TemplateUse): TemplateUse => ({ kind, channel, language })
const wordsOf = ({ name, title, body }: Pick<Row, 'name' | 'title' | 'body'>) => ({ name, title, body })

/** The firm's templates by name, archived ones too, and those that come with the product. */
export async function listTemplates(ctx: StaffCtx): Promise<Output<typeof templates.list>> {
  const items = await withFirm(ctx, (tx) => selectTemplates(tx, ctx), 'read')
  const isPicked = (use: TemplateUse) => items.some((one) => one.inUse && isSameUse(one, use))
  return { items, shipped: shippedTemplates.map((shipped) => ({ ...shipped, inUse: !isPicked(shipped) })) }
}

async function selectTemplates(tx: Tx, ctx: StaffCtx, templateId?: string): Promise<Template[]> {
  const rows = await tx
    .select({ row: t, changedBy: staffTable.name })
    .from(t)
    .innerJoin(staffTable, and(eq(staffTable.firmId, t.firmId), eq(staffTable.id, t.changedBy)))
    .where(and(eq(t.firmId, ctx.firmId), templateId === undefined ? undefined : eq(t.id, templateId)))
    .orderBy(asc(sql`lower(${t.name})`), asc(t.id))
    .limit(templatesMax)
  return rows.map(({ row, changedBy }) => ({
    id: row.id,
    ...useOf(row),
    ...wordsOf(row),
    inUse: row.inUse,
    version: row.version,
    changedAt: row.changedAt.toISOString(),
    changedBy,
    archivedAt: row.archivedAt?.toISOString() ?? null,
  }))
}

/** One after the other changes the templates of a firm: names, the bound and what is in use stay true whoever comes at once. */
async function holdTemplates(tx: Tx, ctx: StaffCtx): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`templates:${ctx.firmId}`}, 0))`)
}

async function holdTemplate(tx: Tx, ctx: StaffCtx, templateId: string): Promise<Row> {
  await holdTemplates(tx, ctx)
  const [row] = await tx.select().from(t).where(mine(ctx, templateId)).for('update')
  if (row === undefined) throw notFound('template')
  return row
}

/** Throws `name_taken` when another template for the same use, archived ones aside, has this name. */
async function checkName(tx: Tx, ctx: StaffCtx, { use, name, except }: { use: TemplateUse; name: string; except?: string }): Promise<void> {
  const [other] = await tx
    .select({ id: t.id })
    .from(t)
    .where(
      and(
        ofUse(ctx, use),
        isNull(t.archivedAt),
        eq(sql`lower(${t.name})`, sql`lower(${name})`),
        except === undefined ? undefined : ne(t.id, except),
      ),
    )
  if (other === undefined) return
  const message = 'Another template for this use has this name.'
  throw new AppError('name_taken', message, { fields: [{ field: 'body.name', message }] })
}

/** Adds a template, which is in use once it is picked. Throws `invalid_field`, `name_taken`, and `conflict` past the bound. */
export async function createTemplate(ctx: StaffCtx, input: TemplateCreate): Promise<Template> {
  const text = { ...checkedText(input), name: input.name.trim() }
  return withFirm(ctx, async (tx) => {
    await holdTemplates(tx, ctx)
    const count = await tx.$count(t, eq(t.firmId, ctx.firmId))
    if (count >= templatesMax)
      throw new AppError('conflict', `A firm can have at most ${templatesMax} templates. Change one that you have.`)
    await checkName(tx, ctx, { use: input, name: text.name })
    const [id, now] = [newId(), ctx.deps.now()]
    await tx.insert(t).values({
      firmId: ctx.firmId,
      id,
      ...useOf(input),
      ...wordsOf(text),
      inUse: false,
      version: 1,
      createdAt: now,
      changedAt: now,
      changedBy: ctx.actor.staffId,
    })
    await recordAudit(tx, ctx, 'template.created', { id, details: { ...useOf(input), after: wordsOf(text) } })
    return published(tx, ctx, id)
  })
}

async function published(tx: Tx, ctx: StaffCtx, id: string): Promise<Template> {
  await publish(tx, ctx, 'templates', null)
  return one(await selectTemplates(tx, ctx, id))
}

/** Changes the version that was edited. Throws `not_found`, `invalid_field`, `name_taken`, and `stale_version` when somebody was first. */
export async function updateTemplate(ctx: StaffCtx, templateId: string, input: TemplateUpdate): Promise<Template> {
  return withFirm(ctx, async (tx) => {
    const before = await holdTemplate(tx, ctx, templateId)
    const text = { ...checkedText({ ...input, channel: before.channel }), name: input.name.trim() }
    if (before.version !== input.version)
      throw new AppError('stale_version', 'Somebody changed this template meanwhile. Load it again; what you typed is still here.')
    if (before.archivedAt !== null) throw new AppError('conflict', 'This template is archived. Bring it back first.')
    await checkName(tx, ctx, { use: before, name: text.name, except: templateId })
    const isSame = text.name === before.name && text.title === before.title && text.body === before.body
    if (isSame) return one(await selectTemplates(tx, ctx, templateId))
    const set = { ...wordsOf(text), version: before.version + 1, changedAt: ctx.deps.now(), changedBy: ctx.actor.staffId }
    await tx
      .update(t)
      .set(set)
      .where(and(mine(ctx, templateId), eq(t.version, before.version)))
    await recordAudit(tx, ctx, 'template.changed', { id: templateId, details: { before: wordsOf(before), after: wordsOf(text) } })
    return published(tx, ctx, templateId)
  })
}

/** Puts a template away. Throws `not_found`, and `conflict` for one that is in use. Twice is once. */
export async function archiveTemplate(ctx: StaffCtx, templateId: string): Promise<Template> {
  return withFirm(ctx, async (tx) => {
    const { name, inUse, archivedAt } = await holdTemplate(tx, ctx, templateId)
    if (inUse) throw new AppError('conflict', 'This template is in use. Pick another one first.')
    if (archivedAt !== null) return one(await selectTemplates(tx, ctx, templateId))
    await tx
      .update(t)
      .set({ archivedAt: ctx.deps.now() })
      .where(and(mine(ctx, templateId), eq(t.inUse, false), isNull(t.archivedAt)))
    await recordAudit(tx, ctx, 'template.archived', { id: templateId, details: { name } })
    return published(tx, ctx, templateId)
  })
}

/** Brings an archived template back. Throws `not_found`, and `name_taken` when another has its name by now. Twice is once. */
export async function restoreTemplate(ctx: StaffCtx, templateId: string): Promise<Template> {
  return withFirm(ctx, async (tx) => {
    const row = await holdTemplate(tx, ctx, templateId)
    if (row.archivedAt === null) return one(await selectTemplates(tx, ctx, templateId))
    await checkName(tx, ctx, { use: row, name: row.name, except: templateId })
    await tx.update(t).set({ archivedAt: null }).where(mine(ctx, templateId))
    await recordAudit(tx, ctx, 'template.restored', { id: templateId, details: { name: row.name } })
    return published(tx, ctx, templateId)
  })
}

/**
 * Picks what messages of this use are written with from now on; null goes back to the template that comes with the product. Throws
 * `not_found`, and `conflict` for one that is archived or for another use.
 */
export async function pickTemplate(ctx: StaffCtx, { templateId, ...use }: Input<typeof templates.pick>['body']): Promise<void> {
  await withFirm(ctx, async (tx) => {
    await holdTemplates(tx, ctx)
    const next = templateId === null ? null : await holdTemplate(tx, ctx, templateId)
    if (next !== null && next.archivedAt !== null) throw new AppError('conflict', 'This template is archived. Bring it back first.')
    if (next !== null && !isSameUse(next, use))
      throw new AppError('conflict', 'This template is for another kind of message, channel or language.')
    if (next?.inUse === true) return
    const [before] = await tx
      .update(t)
      .set({ inUse: false })
      .where(and(ofUse(ctx, use), eq(t.inUse, true)))
      .returning()
    if (before === undefined && next === null) return
    if (next !== null) await tx.update(t).set({ inUse: true }).where(mine(ctx, next.id))
    const details = { ...use, before: before?.name ?? null, after: next?.name ?? null }
    await recordAudit(tx, ctx, 'template.picked', { ...(next !== null && { id: next.id }), details })
    await publish(tx, ctx, 'templates', null)
  })
}
