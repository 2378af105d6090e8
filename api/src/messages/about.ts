import { and, eq, inArray, or, type SQL, sql } from 'drizzle-orm'
import { isOptedOut } from '../clients/opt-outs.ts'
import type { Ctx } from '../core/context.ts'
import type { Tx } from '../db/client.ts'
import { clientsTable, invitesTable } from '../db/schema/clients.ts'
import { firmsTable, staffTable } from '../db/schema/firms.ts'
import { senderName } from '../firms/sender.ts'
import { type Member, membersOf } from './members.ts'
import type { MessageRow } from './state.ts'

type Client = Pick<
  typeof clientsTable.$inferSelect,
  'id' | 'businessName' | 'contactFirstName' | 'contactLastName' | 'phone' | 'email' | 'timeZone' | 'language' | 'lockedAt'
>
type Invite = Pick<typeof invitesTable.$inferSelect, 'id' | 'kind' | 'clientId' | 'state' | 'createdAt' | 'statementsAt' | 'remindAsked'>

/** What decides whether a message goes out, and in whose name it does, as it stands now. */
export interface About {
  /** The invites it stands for, first the one it was made for; none where it is about no invite. */
  members: readonly Member[]
  /** Those that are still there. */
  clients: ReadonlyMap<string, Client>
  invites: ReadonlyMap<string, Invite>
  firm: Pick<typeof firmsTable.$inferSelect, 'mailSender' | 'messagesPerPersonDay' | 'messagesPerHour'> & { senderName: string }
  /** Who made the invite, or tries a template; nobody in what the product itself says. */
  speaker: { name: string; email: string } | null
  /** Its address takes no more of its channel. */
  optedOut: boolean
}

/** Reads all of it in one question, after it has done `first`, such as to wait for a turn. */
export async function readAbout(tx: Tx, ctx: Ctx, message: MessageRow, first?: SQL): Promise<About> {
  const members = await membersOf(tx, ctx, message)
  const [firmId, clientId, staffId] = [firmsTable.firmId, clientsTable.id, staffTable.id]
  const clientIds = members.length > 0 ? members.map((member) => member.clientId) : [message.clientId]
  const inviteIds = members.map(({ inviteId }) => inviteId)
  const tries = message.purpose === 'template_test' ? message.staffId : null
  const { id, businessName, contactFirstName, contactLastName, phone, email, timeZone, language, lockedAt } = clientsTable
  const { kind, state, createdAt, statementsAt, remindAsked } = invitesTable
  const { mailSender, messagesPerPersonDay, messagesPerHour } = firmsTable
  const rows = await tx
    .select({
      firm: { mailSender, messagesPerPersonDay, messagesPerHour },
      senderName,
      client: { id, businessName, contactFirstName, contactLastName, phone, email, timeZone, language, lockedAt },
      invite: { id: invitesTable.id, kind, clientId: invitesTable.clientId, state, createdAt, statementsAt, remindAsked },
      speaker: { name: staffTable.name, email: staffTable.email },
      optedOut: isOptedOut(ctx, message),
      ...(first !== undefined && { first: sql<unknown>`${first}` }),
    })
    .from(firmsTable)
    .leftJoin(
      clientsTable,
      and(
        eq(clientsTable.firmId, firmId),
        inArray(
          clientId,
          clientIds.flatMap((one) => one ?? []),
        ),
      ),
    )
    .leftJoin(invitesTable, and(eq(invitesTable.firmId, firmId), eq(invitesTable.clientId, clientId), inArray(invitesTable.id, inviteIds)))
    .leftJoin(staffTable, and(eq(staffTable.firmId, firmId), or(eq(staffId, invitesTable.createdBy), eq(staffId, sql`${tries}::uuid`))))
    .where(eq(firmId, ctx.firmId))
  const [found] = rows
  if (found === undefined) throw new Error('The firm of a message is gone')
  return {
    members,
    clients: new Map(rows.flatMap(({ client }) => (client === null ? [] : [[client.id, client] as const]))),
    invites: new Map(rows.flatMap(({ invite }) => (invite === null ? [] : [[invite.id, invite] as const]))),
    firm: { ...found.firm, senderName: found.senderName },
    speaker: rows.find(({ invite }) => (invite?.id ?? null) === message.inviteId)?.speaker ?? null,
    optedOut: found.optedOut,
  }
}
