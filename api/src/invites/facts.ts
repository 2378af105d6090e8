import { eq } from 'drizzle-orm'
import type { InviteFacts } from '@ledgersync/shared/texts'
import { readWantedBanks } from '../clients/queries.ts'
import type { Ctx } from '../core/context.ts'
import { one, type Tx } from '../db/client.ts'
import type { clientsTable } from '../db/schema/clients.ts'
import { firmsTable } from '../db/schema/firms.ts'
import { senderNameOf } from '../firms/sender.ts'
import { readBrokenBanks } from './broken.ts'

/** What a message to this client is about now: every bank that is missing or wants a new sign-in. */
export async function readInviteFacts(tx: Tx, ctx: Ctx, client: typeof clientsTable.$inferSelect, staffName: string): Promise<InviteFacts> {
  const firm = one(await tx.select().from(firmsTable).where(eq(firmsTable.firmId, ctx.firmId)))
  const missing = (await readWantedBanks(tx, ctx, client.id)).filter((bank) => bank.connectionId === null)
  return {
    language: client.language,
    contactFirstName: client.contactFirstName,
    clientNames: [client.businessName],
    staffName,
    firmName: senderNameOf(firm),
    bankNames: missing.map((bank) => bank.name),
    broken: await readBrokenBanks(tx, ctx, client.id),
  }
}
