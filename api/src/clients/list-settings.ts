import { and, asc, eq, sql } from 'drizzle-orm'
import {
  type ClientColumn,
  defaultColumns,
  type ListSettings,
  type SavedFilter,
  type SavedFilterCreate,
} from '@ledgersync/shared/client-list'
import { recordAudit } from '../core/audit.ts'
import type { StaffCtx } from '../core/context.ts'
import { AppError, notFound } from '../core/errors.ts'
import { newId } from '../core/ids.ts'
import { one, type Tx, withFirm } from '../db/client.ts'
import { listColumnsTable, savedFiltersTable } from '../db/schema/clients.ts'

const columnsOf = (ctx: StaffCtx) => and(eq(listColumnsTable.firmId, ctx.firmId), eq(listColumnsTable.staffId, ctx.actor.staffId))
const filtersOf = (ctx: StaffCtx) => and(eq(savedFiltersTable.firmId, ctx.firmId), eq(savedFiltersTable.staffId, ctx.actor.staffId))

/** The columns and saved filters of the person. */
export function readListSettings(ctx: StaffCtx): Promise<ListSettings> {
  return withFirm(ctx, (tx) => settingsOf(tx, ctx), 'read')
}

async function settingsOf(tx: Tx, ctx: StaffCtx): Promise<ListSettings> {
  const [chosen] = await tx.select({ columns: listColumnsTable.columns }).from(listColumnsTable).where(columnsOf(ctx))
  const filters = await tx
    .select()
    .from(savedFiltersTable)
    .where(filtersOf(ctx))
    .orderBy(asc(sql`lower(${savedFiltersTable.name})`), asc(savedFiltersTable.id))
  return { columns: chosen?.columns ?? [...defaultColumns], filters: filters.map(toSavedFilter) }
}

const toSavedFilter = ({ id, name, query }: typeof savedFiltersTable.$inferSelect): SavedFilter => ({ id, name, query })

/** Which columns the person sees, in their order; null forgets the choice. */
export async function setColumns(ctx: StaffCtx, columns: ClientColumn[] | null): Promise<ListSettings> {
  return withFirm(ctx, async (tx) => {
    const { firmId, actor } = ctx
    if (columns === null) await tx.delete(listColumnsTable).where(columnsOf(ctx))
    else {
      const values = { firmId, staffId: actor.staffId, columns }
      await tx
        .insert(listColumnsTable)
        .values(values)
        .onConflictDoUpdate({ target: [listColumnsTable.firmId, listColumnsTable.staffId], set: { columns } })
    }
    await recordAudit(tx, ctx, 'client_list.columns_chosen', { id: actor.staffId, details: { columns } })
    return settingsOf(tx, ctx)
  })
}

const filtersMax = 50

/** Keeps filters and order under a name. Throws `name_taken`, and `conflict` when there are too many. */
export async function saveFilter(ctx: StaffCtx, { name, query }: SavedFilterCreate): Promise<SavedFilter> {
  return withFirm(ctx, async (tx) => {
    if ((await tx.$count(savedFiltersTable, filtersOf(ctx))) >= filtersMax)
      throw new AppError('conflict', `You have ${filtersMax} saved filters. Remove one first.`)
    const values = { firmId: ctx.firmId, id: newId(), staffId: ctx.actor.staffId, name: name.trim(), query, createdAt: ctx.deps.now() }
    // The unique index decides between two windows that save the same name at once
    const rows = await tx.insert(savedFiltersTable).values(values).onConflictDoNothing().returning()
    if (rows.length === 0) {
      const message = 'You have a saved filter of this name.'
      throw new AppError('name_taken', message, { fields: [{ field: 'body.name', message }] })
    }
    const saved = one(rows)
    await recordAudit(tx, ctx, 'client_filter.saved', { id: saved.id, details: { name: saved.name, query } })
    return toSavedFilter(saved)
  })
}

/** Forgets a saved filter; somebody else's is not there. */
export async function removeFilter(ctx: StaffCtx, filterId: string): Promise<void> {
  await withFirm(ctx, async (tx) => {
    const [removed] = await tx
      .delete(savedFiltersTable)
      .where(and(filtersOf(ctx), eq(savedFiltersTable.id, filterId)))
      .returning()
    if (removed === undefined) throw notFound('saved filter')
    await recordAudit(tx, ctx, 'client_filter.removed', { id: filterId, details: { name: removed.name } })
  })
}
