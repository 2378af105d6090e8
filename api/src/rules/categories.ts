import { and, asc, countDistinct, eq, sql } from 'drizzle-orm'
import type { Category } from '@ledgersync/shared/rules'
import { visibleClient } from '../clients/visibility.ts'
import { recordAudit } from '../core/audit.ts'
import type { StaffCtx } from '../core/context.ts'
import { AppError } from '../core/errors.ts'
import { newId } from '../core/ids.ts'
import { publish } from '../core/publish.ts'
import { withFirm } from '../db/client.ts'
import { categoriesTable, categoryMappingsTable } from '../db/schema/ledger.ts'

/** The firm's categories by name, each with how many of the clients the caller may see have an account for it. */
export async function listCategories(ctx: StaffCtx): Promise<Category[]> {
  const c = categoriesTable
  return withFirm(
    ctx,
    (tx) =>
      tx
        .select({ id: c.id, name: c.name, description: c.description, mappedClients: countDistinct(categoryMappingsTable.clientId) })
        .from(c)
        .leftJoin(
          categoryMappingsTable,
          and(
            eq(categoryMappingsTable.firmId, c.firmId),
            eq(categoryMappingsTable.categoryId, c.id),
            visibleClient(ctx, sql`${categoryMappingsTable.clientId}`),
          ),
        )
        .where(eq(c.firmId, ctx.firmId))
        .groupBy(c.firmId, c.id)
        .orderBy(asc(sql`lower(${c.name})`), asc(c.id)),
    'read',
  )
}

/** Adds a category; `name_taken` when the firm has one of that name, case ignored. */
export async function createCategory(ctx: StaffCtx, input: { name: string; description?: string }): Promise<Category> {
  const category = { id: newId(), name: input.name.trim(), description: input.description?.trim() ?? '' }
  await withFirm(ctx, async (tx) => {
    const added = await tx
      .insert(categoriesTable)
      .values({ ...category, firmId: ctx.firmId, createdAt: ctx.deps.now() })
      .onConflictDoNothing()
      .returning({ id: categoriesTable.id })
    if (added.length === 0) {
      const message = `There is a category called ${category.name} already.`
      throw new AppError('name_taken', message, { fields: [{ field: 'body.name', message }] })
    }
    await recordAudit(tx, ctx, 'category.created', { id: category.id, details: { after: category } })
    await publish(tx, ctx, 'rules', null)
  })
  return { ...category, mappedClients: 0 }
}
