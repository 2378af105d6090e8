import { and, eq, ne, sql } from 'drizzle-orm'
import type { Ctx } from '../core/context.ts'
import { one, type Tx } from '../db/client.ts'
import { claimKey, releaseKey } from '../db/global.ts'
import { connectionsTable } from '../db/schema/banks.ts'
import type { ProviderAccount } from '../providers/plaid/client.ts'
import { matchAccounts } from './accounts.ts'
import { type ConnectionRecord, lockConnection, openAccess, sealAccess } from './access.ts'
import { releaseAccess } from './disconnects.ts'
import { recordConnectionEvent } from './events.ts'
import { keepSpan } from './health-spans.ts'
import { accountsOf, saveAccounts } from './save-accounts.ts'

/**
 * Rows that came under the ids of an access that was replaced carry this before their provider's id, until the new access
 * reports them again and they are recognised by what they say.
 */
export const replacedPrefix = 'replaced:'

export interface SameLogin {
  connection: ConnectionRecord
  /** Every reported account is one of this connection's. */
  coversNew: boolean
  /** Every account of this connection is reported. */
  coversOld: boolean
}

/** The client's connection at the same institution that has one of these accounts already; null when there is none. */
export async function findSameLogin(
  tx: Tx,
  ctx: Ctx,
  added: ConnectionRecord,
  reported: readonly ProviderAccount[],
): Promise<SameLogin | null> {
  if (added.institutionId === null) return null
  const candidates = await tx
    .select({ id: connectionsTable.id })
    .from(connectionsTable)
    .where(
      and(
        eq(connectionsTable.firmId, ctx.firmId),
        eq(connectionsTable.clientId, added.clientId),
        eq(connectionsTable.institutionId, added.institutionId),
        eq(connectionsTable.complete, true),
        ne(connectionsTable.id, added.id),
      ),
    )
    .orderBy(connectionsTable.createdAt)
  for (const { id } of candidates) {
    const known = await accountsOf(tx, ctx, id)
    const matched = matchAccounts(known, reported).size
    const connection = matched === 0 ? null : await lockConnection(tx, ctx, id)
    if (connection !== null) return { connection, coversNew: matched === reported.length, coversOld: matched === known.length }
  }
  return null
}

interface Added {
  connection: ConnectionRecord
  accounts: ProviderAccount[]
  accessToken: string
  by: string
}

/**
 * One login, one connection: a new access to accounts that an existing connection has does not become a second copy. An
 * existing connection that works keeps its access and the new one is given back; one that does not work, or shares fewer
 * accounts, takes the new access over and the old one is given back. Either way its history, accounts and rows stay.
 * @returns the connection that stays
 */
export async function mergeInto(tx: Tx, ctx: Ctx, same: SameLogin, added: Added): Promise<ConnectionRecord> {
  const { connection } = same
  const works = connection.accessTokenSealed !== null && connection.health !== 'needs_client' && connection.health !== 'disconnected'
  await tx.delete(connectionsTable).where(and(eq(connectionsTable.firmId, ctx.firmId), eq(connectionsTable.id, added.connection.id)))
  await releaseKey(tx, 'plaid_item', added.connection.providerItemId)
  if (works && (same.coversNew || !same.coversOld)) {
    await releaseAccess(tx, ctx, connection.clientId, added.accessToken)
    await recordConnectionEvent(tx, ctx, { connectionId: connection.id, kind: 'Linked again', by: added.by })
    return connection
  }
  return takeOver(tx, ctx, connection, added)
}

async function takeOver(tx: Tx, ctx: Ctx, connection: ConnectionRecord, added: Added): Promise<ConnectionRecord> {
  const oldToken = await openAccess(tx, ctx, connection)
  if (oldToken !== null) await releaseAccess(tx, ctx, connection.clientId, oldToken)
  await releaseKey(tx, 'plaid_item', connection.providerItemId)
  const itemId = added.connection.providerItemId
  if (!(await claimKey(tx, 'plaid_item', itemId, { firmId: ctx.firmId, rowId: connection.id })))
    throw new Error('The new access belongs to another connection')
  const kept = one(
    await tx
      .update(connectionsTable)
      .set({
        providerItemId: itemId,
        accessTokenSealed: await sealAccess(tx, ctx, connection.id, added.accessToken),
        cursor: null,
        webhookMark: added.connection.webhookMark,
        health: 'syncing',
        cause: null,
        consentEndsAt: null,
      })
      .where(and(eq(connectionsTable.firmId, ctx.firmId), eq(connectionsTable.id, connection.id)))
      .returning(),
  )
  await keepSpan(tx, ctx, connection, 'syncing')
  await saveAccounts(tx, ctx, kept, added.accounts)
  // Pending rows of the old access never post under it; those the new access reports come back to life by adoption
  await tx.execute(sql`
    update transactions t
    set provider_transaction_id = ${replacedPrefix} || t.provider_transaction_id,
        stage = case when t.stage = 'pending' then 'removed' else t.stage end,
        updated_at = ${ctx.deps.now().toISOString()}::timestamptz
    from bank_accounts a
    where t.firm_id = ${ctx.firmId} and a.firm_id = t.firm_id and a.id = t.bank_account_id and a.connection_id = ${connection.id}
      and t.provider_transaction_id not like ${`${replacedPrefix}%`}`)
  return kept
}
