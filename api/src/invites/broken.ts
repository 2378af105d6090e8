import { and, asc, eq, sql } from 'drizzle-orm'
import type { BankTroubleKind, BrokenBank } from '@ledgersync/shared/texts'
import type { Ctx } from '../core/context.ts'
import type { Tx } from '../db/client.ts'
import { connectionsTable } from '../db/schema/banks.ts'

/** The lines of a connection's history that say what the client has to see to. */
const kinds: Partial<Record<string, BankTroubleKind>> = {
  'Broken (Username/Password)': 'password',
  'Needs MFA': 'code',
  'Broken (Locked by the bank)': 'locked',
  'Broken (Permission)': 'permission',
  'Consent ends': 'consent',
}

/** What the newest line of a connection's history says that its client has to see to. */
export const troubleOf = (line: string | null): BankTroubleKind | null => kinds[line ?? ''] ?? null

/** The client's banks that want a new sign-in, in the order they were connected. */
export async function readBrokenBanks(tx: Tx, ctx: Ctx, clientId: string): Promise<BrokenBank[]> {
  // Names in full: in a select over one table drizzle leaves the table's name off
  const ofThis = sql`firm_id = connections.firm_id and connection_id = connections.id`
  const rows = await tx
    .select({
      name: connectionsTable.institutionName,
      mask: sql<string | null>`(select mask from bank_accounts where ${ofThis} and mask is not null order by created_at, id limit 1)`,
      history: sql<string | null>`(select kind from connection_events where ${ofThis} order by at desc, id desc limit 1)`,
    })
    .from(connectionsTable)
    .where(
      and(
        eq(connectionsTable.firmId, ctx.firmId),
        eq(connectionsTable.clientId, clientId),
        eq(connectionsTable.complete, true),
        eq(connectionsTable.health, 'needs_client'),
      ),
    )
    .orderBy(asc(connectionsTable.createdAt), asc(connectionsTable.id))
  return rows.map(({ name, mask, history }) => ({ name, mask, trouble: troubleOf(history) }))
}
