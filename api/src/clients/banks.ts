import { and, eq, inArray, isNotNull, sql } from 'drizzle-orm'
import type { ClientCreate, Institution, WantedBank } from '@ledgersync/shared/clients'
import { recordAudit, recordAudits } from '../core/audit.ts'
import type { Ctx, StaffCtx } from '../core/context.ts'
import { AppError, notFound } from '../core/errors.ts'
import { newId } from '../core/ids.ts'
import { publish } from '../core/publish.ts'
import { type Tx, withFirm } from '../db/client.ts'
import { wantedBanksTable } from '../db/schema/clients.ts'
import { toWantedBank } from './queries.ts'
import { getVisibleClient } from './visibility.ts'

export type BankInput = NonNullable<ClientCreate['banks']>[number]

/** Banks that a client can be asked for. */
export const banksMax = 20

/** Adds banks behind those asked for already; one that is asked for already stays as it is. Answers the new rows. */
export async function insertBanks(
  tx: Tx,
  ctx: Ctx,
  clientId: string,
  banks: readonly BankInput[],
): Promise<(typeof wantedBanksTable.$inferSelect)[]> {
  if (banks.length === 0) return []
  const mine = and(eq(wantedBanksTable.firmId, ctx.firmId), eq(wantedBanksTable.clientId, clientId))
  const [last] = await tx
    .select({ position: sql<number>`coalesce(max(${wantedBanksTable.position}), 0)::int`, count: sql<number>`count(*)::int` })
    .from(wantedBanksTable)
    .where(mine)
  if ((last?.count ?? 0) + banks.length > banksMax) throw new AppError('conflict', `A client can be asked for at most ${banksMax} banks.`)
  const position = last?.position ?? 0
  const now = ctx.deps.now()
  return tx
    .insert(wantedBanksTable)
    .values(
      banks.map(({ institutionId, name, routingNumber }, index) => ({
        firmId: ctx.firmId,
        id: newId(),
        clientId,
        institutionId,
        name: name.trim(),
        routingNumber: routingNumber ?? null,
        position: position + index + 1,
        connectionId: null,
        createdAt: now,
      })),
    )
    .onConflictDoNothing()
    .returning()
}

/**
 * Asks the client for banks in the caller's transaction. One that is asked for already stays as it is, but for one that a connection
 * answered which has ended since (`endedIds`): it is asked for anew. Answers the rows that are new on the client's page.
 */
export async function askForBanks(
  tx: Tx,
  ctx: Ctx,
  clientId: string,
  { banks, endedIds = [] }: { banks: readonly BankInput[]; endedIds?: readonly string[] },
): Promise<(typeof wantedBanksTable.$inferSelect)[]> {
  const mine = and(eq(wantedBanksTable.firmId, ctx.firmId), eq(wantedBanksTable.clientId, clientId))
  const again =
    endedIds.length === 0
      ? []
      : await tx
          .update(wantedBanksTable)
          .set({ connectionId: null })
          .where(and(mine, inArray(wantedBanksTable.id, [...endedIds]), isNotNull(wantedBanksTable.connectionId)))
          .returning()
  const rows = [...again, ...(await insertBanks(tx, ctx, clientId, banks))]
  if (rows.length === 0) return rows
  await recordAudits(
    tx,
    ctx,
    'client.bank_asked',
    rows.map(({ id, name }) => ({ id, clientId, details: { name } })),
  )
  await publish(tx, ctx, 'clients', clientId)
  return rows
}

/** Asks the client for a bank. One that is asked for already is a `conflict`. */
export async function addBank(ctx: StaffCtx, clientId: string, input: BankInput): Promise<WantedBank> {
  return withFirm(ctx, async (tx) => {
    const client = await getVisibleClient(tx, ctx, clientId)
    const [row] = await askForBanks(tx, ctx, client.id, { banks: [input] })
    if (row === undefined) throw new AppError('conflict', 'This bank is on the list already.')
    return toWantedBank(row)
  })
}

/** Takes a bank off the client's page. */
export async function removeBank(ctx: StaffCtx, { clientId, bankId }: { clientId: string; bankId: string }): Promise<void> {
  await withFirm(ctx, async (tx) => {
    const client = await getVisibleClient(tx, ctx, clientId)
    const [row] = await tx
      .delete(wantedBanksTable)
      .where(and(eq(wantedBanksTable.firmId, ctx.firmId), eq(wantedBanksTable.clientId, client.id), eq(wantedBanksTable.id, bankId)))
      .returning()
    if (row === undefined) throw notFound('bank')
    await recordAudit(tx, ctx, 'client.bank_removed', { id: bankId, clientId, details: { name: row.name } })
    await publish(tx, ctx, 'clients', clientId)
  })
}

const institutionsMax = 10

/** Banks by name or nine-digit routing number, asked of the provider; at most ten. */
export async function searchInstitutions(ctx: StaffCtx, query: string): Promise<Institution[]> {
  const found = await ctx.deps.plaid.searchInstitutions(query.trim())
  return found
    .slice(0, institutionsMax)
    .map(({ institutionId, name, routingNumber, color }) => ({ institutionId, name, routingNumber, color }))
}
