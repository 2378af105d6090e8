import { eq } from 'drizzle-orm'
import { type AskedClient, factsOfPerson } from '@ledgersync/shared/outreach'
import type { InviteFacts } from '@ledgersync/shared/texts'
import { readWantedBanks } from '../clients/queries.ts'
import type { Ctx } from '../core/context.ts'
import { one, type Tx } from '../db/client.ts'
import type { clientsTable } from '../db/schema/clients.ts'
import { firmsTable } from '../db/schema/firms.ts'
import { senderNameOf } from '../firms/sender.ts'
import { readBrokenBanks } from './broken.ts'

type ClientValues = typeof clientsTable.$inferSelect

/**
 * What a message to these clients of one person is about now: every bank that is missing or wants a new sign-in; of several clients,
 * whose each is. The language is that of the first.
 */
export async function readInviteFacts(tx: Tx, ctx: Ctx, clients: readonly ClientValues[], staffName: string): Promise<InviteFacts> {
  const [first] = clients
  if (first === undefined) throw new Error('A message is about at least one client')
  const firm = one(await tx.select().from(firmsTable).where(eq(firmsTable.firmId, ctx.firmId)))
  const asked: AskedClient[] = []
  for (const { id, businessName, contactFirstName } of clients) {
    const missing = (await readWantedBanks(tx, ctx, id)).filter((bank) => bank.connectionId === null)
    asked.push({ businessName, contactFirstName, missing: missing.map(({ name }) => name), broken: await readBrokenBanks(tx, ctx, id) })
  }
  return factsOfPerson(asked, { language: first.language, staffName, firmName: senderNameOf(firm) })
}
