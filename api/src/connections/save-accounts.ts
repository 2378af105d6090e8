import { and, eq } from 'drizzle-orm'
import type { Ctx } from '../core/context.ts'
import { newId } from '../core/ids.ts'
import type { Tx } from '../db/client.ts'
import { bankAccountsTable } from '../db/schema/banks.ts'
import type { ProviderAccount } from '../providers/plaid/client.ts'
import { matchAccounts } from './accounts.ts'

/** The accounts of a connection as we know them. */
export function accountsOf(tx: Tx, ctx: Ctx, connectionId: string): Promise<(typeof bankAccountsTable.$inferSelect)[]> {
  return tx
    .select()
    .from(bankAccountsTable)
    .where(and(eq(bankAccountsTable.firmId, ctx.firmId), eq(bankAccountsTable.connectionId, connectionId)))
    .orderBy(bankAccountsTable.createdAt, bankAccountsTable.id)
}

/**
 * Stores the accounts that the bank reports: known ones are recognised and updated, their mapping and mode stay, new ones are
 * added, and none is deleted. The connection must be locked.
 * @returns our id of each reported account, by the provider's id
 */
export async function saveAccounts(
  tx: Tx,
  ctx: Ctx,
  connection: { id: string; clientId: string },
  reported: readonly ProviderAccount[],
): Promise<Map<string, string>> {
  const matches = matchAccounts(await accountsOf(tx, ctx, connection.id), reported)
  const ids = new Map<string, string>()
  const now = ctx.deps.now()
  for (const account of reported) {
    const known = matches.get(account)
    const id = known?.id ?? newId()
    const values = { ...account, persistentId: account.persistentId ?? known?.persistentId ?? null, balanceAt: now }
    if (known === undefined) {
      await tx
        .insert(bankAccountsTable)
        .values({ firmId: ctx.firmId, id, connectionId: connection.id, clientId: connection.clientId, createdAt: now, ...values })
    } else {
      await tx
        .update(bankAccountsTable)
        .set(values)
        .where(and(eq(bankAccountsTable.firmId, ctx.firmId), eq(bankAccountsTable.id, id)))
    }
    ids.set(account.providerAccountId, id)
  }
  return ids
}
