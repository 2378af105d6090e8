import { eq } from 'drizzle-orm'
import { anyBank } from '@ledgersync/shared/bank-words'
import { bankOf, type BrokenBank, type InviteFacts } from '@ledgersync/shared/texts'
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
 * whose each is. The name and the language are those of the first.
 */
export async function readInviteFacts(tx: Tx, ctx: Ctx, clients: readonly ClientValues[], staffName: string): Promise<InviteFacts> {
  const [first] = clients
  if (first === undefined) throw new Error('A message is about at least one client')
  const firm = one(await tx.select().from(firmsTable).where(eq(firmsTable.firmId, ctx.firmId)))
  const facts: InviteFacts & { broken: BrokenBank[]; bankNames: string[] } = {
    language: first.language,
    contactFirstName: first.contactFirstName,
    clientNames: clients.map(({ businessName }) => businessName),
    staffName,
    firmName: senderNameOf(firm),
    bankNames: [],
    broken: [],
  }
  const unnamed: string[] = []
  for (const { id, businessName } of clients) {
    const clientName = clients.length > 1 ? businessName : undefined
    const missing = (await readWantedBanks(tx, ctx, id)).filter((bank) => bank.connectionId === null)
    facts.bankNames.push(...missing.map((bank) => bankOf(bank.name, clientName)))
    const broken = await readBrokenBanks(tx, ctx, id)
    facts.broken.push(...broken.map((bank) => ({ ...bank, ...(clientName !== undefined && { clientName }) })))
    if (missing.length + broken.length === 0) unnamed.push(businessName)
  }
  // Beside banks that are named, so is the client of whom any will do; where none is, the words name all clients
  if (unnamed.length < clients.length) facts.bankNames.push(...unnamed.map((name) => bankOf(anyBank[facts.language], name)))
  return facts
}
