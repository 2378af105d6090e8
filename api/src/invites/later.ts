import { and, eq } from 'drizzle-orm'
import { Temporal } from 'temporal-polyfill'
import { recordAudit } from '../core/audit.ts'
import type { ClientActor, Ctx } from '../core/context.ts'
import { publish } from '../core/publish.ts'
import { type Tx, withFirm } from '../db/client.ts'
import { invitesTable } from '../db/schema/clients.ts'
import type { Member } from '../messages/members.ts'
import { type ClientValues, holdClients, type InviteValues, isOpen, openChannel } from './reach.ts'

/** When a client who has no time now can be reminded, soonest first. */
const laterKinds = ['hours', 'evening', 'tomorrow', 'next', 'third'] as const
export type LaterKind = (typeof laterKinds)[number]
export interface LaterChoice {
  kind: LaterKind
  at: Date
}

const soonHours = 2
const [morningHour, eveningHour] = [9, 18]
/** Texts stop at nine; somebody wants to read it before that. */
const lastHour = 20
/** The reminder goes out by the clock of a job, and its link should work for a while. */
const marginMs = 2 * 60 * 60_000

/**
 * The times a client can choose at `now`, on the clock of `timeZone`: in two hours, this evening, the mornings of the next three days;
 * without those at which it is night or the link has come to its end.
 */
export function laterChoices(now: Date, timeZone: string, expiresAt: Date): LaterChoice[] {
  const here = Temporal.Instant.fromEpochMilliseconds(now.getTime()).toZonedDateTimeISO(timeZone)
  const on = (days: number, hour: number): Temporal.ZonedDateTime =>
    here
      .toPlainDate()
      .add({ days })
      .toZonedDateTime({ timeZone, plainTime: Temporal.PlainTime.from({ hour }) })
  const soon = here.add({ hours: soonHours })
  const isSoonToday = soon.hour < lastHour && soon.hour >= morningHour && soon.toPlainDate().equals(here.toPlainDate())
  const times: Record<LaterKind, Temporal.ZonedDateTime | null> = {
    hours: isSoonToday ? soon : null,
    // Not beside a choice that is nearly the same
    evening: here.hour + soonHours < eveningHour ? on(0, eveningHour) : null,
    tomorrow: on(1, morningHour),
    next: on(2, morningHour),
    third: on(3, morningHour),
  }
  return laterKinds.flatMap((kind) => {
    const time = times[kind]
    const at = time === null ? null : new Date(time.epochMilliseconds)
    return at === null || at.getTime() > expiresAt.getTime() - marginMs ? [] : [{ kind, at }]
  })
}

/** By which way a client is reminded: as the invite came, or, of a link that was handed over, by whatever is on file. */
export const reminderChannel = ({ channel, remindAsked }: InviteValues, { phone }: { phone: string | null }): InviteValues['channel'] =>
  channel === 'copy' && remindAsked ? (phone === null ? 'email' : 'sms') : channel

/**
 * What the page offers: the times, on the clock of the person, and the one that was chosen. No times when there is no way to the
 * client.
 */
export async function readLater(
  tx: Tx,
  ctx: Ctx,
  client: ClientValues,
  { inviteId, timeZone }: { inviteId: string; timeZone: string },
): Promise<{ choices: LaterChoice[]; chosenAt: Date | null }> {
  const [invite] = await tx
    .select()
    .from(invitesTable)
    .where(and(eq(invitesTable.firmId, ctx.firmId), eq(invitesTable.id, inviteId)))
  if (invite === undefined) return { choices: [], chosenAt: null }
  return {
    choices: await choicesFor(tx, ctx, client, { invite, timeZone }),
    chosenAt: invite.remindAsked && isOpen(invite, ctx.deps.now()) ? invite.remindAt : null,
  }
}

async function choicesFor(
  tx: Tx,
  ctx: Ctx,
  client: ClientValues,
  { invite, timeZone }: { invite: InviteValues; timeZone: string },
): Promise<LaterChoice[]> {
  const { deps } = ctx
  if (!isOpen(invite, deps.now())) return []
  const channel = await openChannel(tx, ctx, client, reminderChannel({ ...invite, remindAsked: true }, client))
  return channel === null ? [] : laterChoices(deps.now(), timeZone, invite.expiresAt)
}

/**
 * Has the client reminded at the time they chose, and not before; of all that they are asked by one link. False when that time is
 * none any more.
 */
export function remindLater(ctx: Ctx<ClientActor>, members: readonly Member[], kind: string): Promise<boolean> {
  return withFirm(ctx, async (tx) => {
    const clients = await holdClients(
      tx,
      ctx,
      members.map(({ clientId }) => clientId),
    )
    let isChosen = false
    // One person has one clock, that of the first, as on the page
    const timeZone = clients.find(({ id }) => id === members[0]?.clientId)?.timeZone
    if (timeZone === undefined) return false
    // In the order of whoever hears of their message at this moment
    for (const { clientId, inviteId } of members.toSorted((a, b) => (a.inviteId < b.inviteId ? -1 : 1))) {
      const client = clients.find(({ id }) => id === clientId)
      const mine = and(eq(invitesTable.firmId, ctx.firmId), eq(invitesTable.clientId, clientId), eq(invitesTable.id, inviteId))
      const [invite] = await tx.select().from(invitesTable).where(mine).for('update')
      if (client === undefined || invite === undefined) continue
      const chosen = (await choicesFor(tx, ctx, client, { invite, timeZone })).find((choice) => choice.kind === kind)
      if (chosen === undefined) continue
      await tx.update(invitesTable).set({ remindAt: chosen.at, remindAsked: true }).where(mine)
      await recordAudit(tx, ctx, 'invite.remind_later', { id: inviteId, clientId, details: { at: chosen.at.toISOString() } })
      await publish(tx, ctx, 'invites', clientId)
      isChosen = true
    }
    return isChosen
  })
}
