import { and, eq } from 'drizzle-orm'
import { advanceInvite } from '../invites/links.ts'
import { recordSignIn } from '../invites/sign-in.ts'
import { recordAudit } from '../core/audit.ts'
import type { Ctx } from '../core/context.ts'
import { publish } from '../core/publish.ts'
import { one, type Tx, withFirm } from '../db/client.ts'
import { connectionsTable, linkSessionsTable } from '../db/schema/banks.ts'
import { clientsTable } from '../db/schema/clients.ts'
import type { ProviderAccount } from '../providers/plaid/client.ts'
import { type ConnectionRecord, lockConnection, openAccess } from './access.ts'
import { nameOfStarter, recordConnectionEvent } from './events.ts'
import { findSameLogin, mergeInto } from './merge.ts'
import { requestSync } from './request-sync.ts'
import { saveAccounts } from './save-accounts.ts'
import { fulfilWanted } from './wanted.ts'

const rowOf = (ctx: Ctx, id: string) => and(eq(connectionsTable.firmId, ctx.firmId), eq(connectionsTable.id, id))

/**
 * Fetches the account list of a new connection and with it completes it: history, the asked-for bank, the invite, the first
 * sync. The same accounts linked again do not become a second copy. Throws while the list does not come; the job tries again.
 */
export async function completeConnection(ctx: Ctx, connectionId: string): Promise<void> {
  const found = await withFirm(ctx, async (tx) => {
    const [connection] = await tx.select().from(connectionsTable).where(rowOf(ctx, connectionId))
    const accessToken = connection === undefined || connection.complete ? null : await openAccess(tx, ctx, connection)
    return connection === undefined || accessToken === null ? null : { connection, accessToken }
  })
  if (found === null) return
  const { connection, accessToken } = found
  const accounts = await ctx.deps.plaid.accounts(accessToken)
  if (accounts.length === 0) throw new Error('The bank has not listed any account yet')
  const institution = connection.institutionId === null ? await ctx.deps.plaid.item(accessToken) : null
  ctx.deps.reached('accounts.read')
  await withFirm(ctx, async (tx) => {
    // Two visits of one client that end together must see each other's accounts
    await tx
      .select({ id: clientsTable.id })
      .from(clientsTable)
      .where(and(eq(clientsTable.firmId, ctx.firmId), eq(clientsTable.id, connection.clientId)))
      .for('update')
    const locked = await lockConnection(tx, ctx, connectionId)
    if (locked === null || locked.complete) return
    const named = {
      ...locked,
      institutionId: institution?.institutionId ?? locked.institutionId,
      institutionName: institution?.institutionName ?? locked.institutionName,
    }
    await complete(tx, ctx, named, { accounts, accessToken })
  })
  ctx.deps.reached('accounts.recorded')
}

async function complete(
  tx: Tx,
  ctx: Ctx,
  connection: ConnectionRecord,
  bank: { accounts: ProviderAccount[]; accessToken: string },
): Promise<void> {
  if (connection.linkSessionId === null) throw new Error('A connection is made by a visit to the sign-in of its bank')
  const session = one(
    await tx
      .select()
      .from(linkSessionsTable)
      .where(and(eq(linkSessionsTable.firmId, ctx.firmId), eq(linkSessionsTable.id, connection.linkSessionId))),
  )
  const by = await nameOfStarter(tx, ctx, session)
  const same = await findSameLogin(tx, ctx, connection, bank.accounts)
  const kept = same === null ? connection : await mergeInto(tx, ctx, same, { ...bank, connection, by })
  if (same === null) {
    await saveAccounts(tx, ctx, connection, bank.accounts)
    const { institutionId, institutionName } = connection
    await tx
      .update(connectionsTable)
      .set({ complete: true, health: 'syncing', institutionId, institutionName })
      .where(rowOf(ctx, connection.id))
    await recordConnectionEvent(tx, ctx, { connectionId: connection.id, kind: 'Added', by })
  }
  const other = await fulfilWanted(tx, ctx, session, kept)
  await tx
    .update(linkSessionsTable)
    .set({ state: 'done', reason: other, connectionId: kept.id, linkTokenSealed: null, hostedUrlSealed: null, finishedAt: ctx.deps.now() })
    .where(and(eq(linkSessionsTable.firmId, ctx.firmId), eq(linkSessionsTable.id, session.id)))
  if (session.inviteId !== null) {
    await advanceInvite(tx, ctx, session.inviteId, 'connected')
    await recordSignIn(tx, ctx, session.inviteId)
  }
  const details = { institution: kept.institutionName, accounts: bank.accounts.length, by, ...(other === null ? {} : { note: other }) }
  await recordAudit(tx, ctx, same === null ? 'connection.added' : 'connection.linked_again', {
    id: kept.id,
    clientId: kept.clientId,
    details,
  })
  await publish(tx, ctx, 'connections', kept.clientId)
  await publish(tx, ctx, 'clients', kept.clientId)
  await requestSync(tx, ctx, kept.id)
}
