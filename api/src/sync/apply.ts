import { and, eq } from 'drizzle-orm'
import { type ConnectionRecord, lockConnection } from '../connections/access.ts'
import { recordHealthy } from '../connections/health.ts'
import { accountsOf, saveAccounts } from '../connections/save-accounts.ts'
import type { Ctx } from '../core/context.ts'
import { publish } from '../core/publish.ts'
import { type Tx, withFirm } from '../db/client.ts'
import { connectionsTable } from '../db/schema/banks.ts'
import { clientsTable } from '../db/schema/clients.ts'
import type { ProviderAccount } from '../providers/plaid/client.ts'
import { codeByRules } from '../rules/apply.ts'
import type { Batch } from './batch.ts'
import { saveRows, withdrawRows, withdrawUntold } from './rows.ts'

/** With more rows than this the rules go over the client once instead of row by row. */
const codeRowsMax = 5_000

/**
 * Stores a batch in one transaction: accounts, rows, what the rules say of them, the cursor, and that the connection works.
 * False when another sync has been faster, so that the batch no longer follows what is stored; then nothing is changed.
 */
export async function applyBatch(ctx: Ctx, started: ConnectionRecord, batch: Batch): Promise<boolean> {
  return withFirm(ctx, async (tx) => {
    // The client first, as everybody locks them: a visit that completes holds the client and asks for the connection
    await tx
      .select({ id: clientsTable.id })
      .from(clientsTable)
      .where(and(eq(clientsTable.firmId, ctx.firmId), eq(clientsTable.id, started.clientId)))
      .for('share')
    const connection = await lockConnection(tx, ctx, started.id)
    if (connection === null || connection.cursor !== started.cursor || connection.providerItemId !== started.providerItemId) return false
    const changed = await storeRows(tx, ctx, connection, batch)
    if (batch.nextCursor !== null) {
      await tx
        .update(connectionsTable)
        .set({ cursor: batch.nextCursor })
        .where(and(eq(connectionsTable.firmId, ctx.firmId), eq(connectionsTable.id, connection.id)))
      await recordHealthy(tx, ctx, connection, false)
    }
    if (changed) await publish(tx, ctx, 'transactions', connection.clientId)
    return true
  })
}

async function storeRows(tx: Tx, ctx: Ctx, connection: ConnectionRecord, batch: Batch): Promise<boolean> {
  const known = (await accountsOf(tx, ctx, connection.id)).map((account): [string, string] => [account.providerAccountId, account.id])
  const saved = await saveAccounts(tx, ctx, connection, [...batch.accounts, ...unlisted(batch, new Set(known.map(([id]) => id)))])
  const target = { connectionId: connection.id, clientId: connection.clientId, accountIds: new Map([...known, ...saved]) }
  const changed = await saveRows(tx, ctx, target, batch.rows)
  const untold = batch.historyComplete ? await withdrawUntold(tx, ctx, connection.id) : 0
  const withdrawn = untold + (await withdrawRows(tx, ctx, connection.id, batch.removedIds))
  if (changed.length > 0) await codeByRules(tx, ctx, connection.clientId, changed.length > codeRowsMax ? 'all' : changed)
  return changed.length + withdrawn > 0
}

/** A nameless account for each that has rows but is neither listed nor known: no row is lost. */
function unlisted({ accounts, rows }: Batch, known: ReadonlySet<string>): ProviderAccount[] {
  const listed = new Set(accounts.map((account) => account.providerAccountId))
  const missing = new Map<string, ProviderAccount>()
  for (const { providerAccountId, currency } of rows) {
    if (listed.has(providerAccountId) || known.has(providerAccountId)) continue
    missing.set(providerAccountId, {
      providerAccountId,
      persistentId: null,
      name: 'Unlisted account',
      officialName: null,
      mask: null,
      kind: 'other',
      type: 'other',
      subtype: null,
      currency,
      balanceMinor: null,
      availableMinor: null,
    })
  }
  return [...missing.values()]
}
