import { and, eq } from 'drizzle-orm'
import type { Input, Output } from '@ledgersync/shared/endpoint'
import {
  factsOfPerson,
  type outreach,
  type OutreachMessage,
  type OutreachPerson,
  type OutreachRequest,
  type OutreachSummary,
} from '@ledgersync/shared/outreach'
import { measureText, renderTemplate, warningsFor } from '@ledgersync/shared/template-render'
import type { TemplateUse } from '@ledgersync/shared/templates'
import type { StaffCtx } from '../core/context.ts'
import { decodeCursor, idPattern, toPage } from '../core/cursor.ts'
import { one, type Tx, withFirm } from '../db/client.ts'
import { firmsTable, staffTable } from '../db/schema/firms.ts'
import { senderNameOf } from '../firms/sender.ts'
import { inviteValidMs, remindAfterMs } from '../messages/invite-progress.ts'
import { nextTextTime } from '../messages/quiet-hours.ts'
import { type NamedTemplate, readTemplates } from '../messages/words.ts'
import { ofEach, type Plan, type PlannedClient, type PlannedPerson, planOutreach } from './plan.ts'
import { type Place, readWaiting, selectPicked } from './read.ts'

type Query = NonNullable<Input<typeof outreach.preview>['query']>

/** Where the rest of the list begins; a name is what the list of clients is ordered by. */
function placeOf(cursor: string | undefined): Place | null {
  const values = decodeCursor(cursor, [/^[\s\S]{0,240}$/, idPattern])
  return values === null ? null : [values[0] ?? '', values[1] ?? '']
}

interface Planned {
  plan: Plan
  /** Whether a client stands behind the place that was asked for, and which place it has. */
  isAfter: (clientId: string) => boolean
  placeOf: (clientId: string) => string[]
}

async function plan(
  tx: Tx,
  ctx: StaffCtx,
  { clientIds, filter, exceptIds, ...ask }: OutreachRequest,
  after: Place | null,
): Promise<Planned> {
  const which = {
    ...(clientIds !== undefined && { clientIds }),
    ...(filter !== undefined && { filter }),
    ...(exceptIds !== undefined && { exceptIds }),
  }
  const picked = await selectPicked(tx, ctx, which, after)
  const byId = new Map(picked.map((one) => [one.client.id, one]))
  return {
    plan: await planOutreach(
      tx,
      ctx,
      picked.map(({ client }) => client),
      ask,
    ),
    isAfter: (id) => byId.get(id)?.isAfter === true,
    placeOf: (id) => [byId.get(id)?.name ?? '', id],
  }
}

/** Who would get which words now, a page of people, and how many there are. Throws `not_found`, and what {@link readTemplates} throws. */
export async function previewOutreach(
  ctx: StaffCtx,
  request: OutreachRequest,
  { cursor, limit = 50 }: Query,
): Promise<Output<typeof outreach.preview>> {
  return withFirm(
    ctx,
    async (tx) => {
      const templateOf = await readTemplates(tx, ctx, request.templateIds)
      const found = await plan(tx, ctx, request, placeOf(cursor))
      const { people, skipped } = found.plan
      const writer: Writer = { ...(await readSender(tx, ctx)), templateOf, textTime: textTimes(ctx), ctx }
      const rest = people.filter((person) => found.isAfter(idOf(person)))
      const shown = rest.slice(0, limit + 1)
      const addresses = shown.flatMap(({ clients }) =>
        clients.flatMap(({ phone, email }) => [phone, email].filter((address) => address !== null)),
      )
      const waitingOf = await readWaiting(tx, ctx, addresses)
      return {
        summary: summaryOf(people, skipped.length, writer),
        ...toPage(
          shown,
          limit,
          (person) => found.placeOf(idOf(person)),
          (person) => ({ ...toPersonView(person, writer), joins: joinsWaiting(person, waitingOf) }),
        ),
      }
    },
    'read',
  )
}

/** The chosen clients that would be left out now, each with the reason, a page of them. Throws `not_found`. */
export async function listSkipped(
  ctx: StaffCtx,
  request: OutreachRequest,
  { cursor, limit = 50 }: Query,
): Promise<Output<typeof outreach.skipped>> {
  return withFirm(
    ctx,
    async (tx) => {
      const found = await plan(tx, ctx, request, placeOf(cursor))
      const rest = found.plan.skipped.filter(({ client }) => found.isAfter(client.id))
      return toPage(
        rest.slice(0, limit + 1),
        limit,
        ({ client }) => found.placeOf(client.id),
        ({ client: { id, businessName }, skip: { reason, since, fix } }) => ({
          id,
          businessName,
          reason,
          since: since?.toISOString() ?? null,
          fix,
        }),
      )
    },
    'read',
  )
}

/** What is needed to write to people. */
interface Writer {
  ctx: StaffCtx
  staffName: string
  firmName: string
  templateOf: (use: TemplateUse) => NamedTemplate
  textTime: (timeZone: string) => Date
}

async function readSender(tx: Tx, ctx: StaffCtx): Promise<Pick<Writer, 'staffName' | 'firmName'>> {
  const found = await tx
    .select({ staffName: staffTable.name, firm: firmsTable })
    .from(staffTable)
    .innerJoin(firmsTable, eq(firmsTable.firmId, staffTable.firmId))
    .where(and(eq(staffTable.firmId, ctx.firmId), eq(staffTable.id, ctx.actor.staffId)))
  const { staffName, firm } = one(found)
  return { staffName, firmName: senderNameOf(firm) }
}

/** When a text may go out where a client is; each zone is looked up once. */
function textTimes({ deps }: StaffCtx): Writer['textTime'] {
  const now = deps.now()
  const known = new Map<string, Date>()
  return (timeZone) => {
    const found = known.get(timeZone) ?? (deps.quietHours ? nextTextTime(now, timeZone) : now)
    known.set(timeZone, found)
    return found
  }
}

const idOf = ({ clients }: PlannedPerson): string => clients[0]?.client.id ?? ''
/** A message to one address. */
interface Letter {
  use: TemplateUse
  to: string
  clients: PlannedClient[]
}

/** What goes out to a person: by each channel, to each address. */
function lettersOf({ kind, clients }: PlannedPerson): Letter[] {
  return (['sms', 'email'] as const).flatMap((channel) =>
    ofEach(clients, channel).flatMap((group): Letter[] => {
      const [first] = group
      const to = channel === 'sms' ? first?.phone : first?.email
      return first === undefined || to == null ? [] : [{ use: { kind, channel, language: first.client.language }, to, clients: group }]
    }),
  )
}

/** The hours of the first client are those of whoever reads it. */
const zoneOf = (clients: readonly PlannedClient[]): string => clients[0]?.client.timeZone ?? 'UTC'
const waits = (person: PlannedPerson, { ctx, textTime }: Writer): boolean =>
  lettersOf(person).some(({ use, clients }) => use.channel === 'sms' && textTime(zoneOf(clients)) > ctx.deps.now())

function summaryOf(people: readonly PlannedPerson[], skipped: number, writer: Writer): OutreachSummary {
  const uses = new Map<string, OutreachSummary['uses'][number]>()
  const letters = people.flatMap(lettersOf)
  for (const { use } of letters) {
    const key = Object.values(use).join(' ')
    const { templateId, templateName } = writer.templateOf(use)
    const row = uses.get(key) ?? { ...use, templateId, templateName, messages: 0 }
    row.messages += 1
    uses.set(key, row)
  }
  const covered = people.reduce((sum, { clients }) => sum + clients.length, 0)
  return {
    chosen: covered + skipped,
    covered,
    skipped,
    people: people.length,
    texts: letters.filter(({ use }) => use.channel === 'sms').length,
    emails: letters.filter(({ use }) => use.channel === 'email').length,
    waiting: people.filter((person) => waits(person, writer)).length,
    uses: [...uses.values()],
  }
}

/** Whether a message to the person waits that is about others than those who are asked now. */
function joinsWaiting({ clients }: PlannedPerson, waitingOf: Awaited<ReturnType<typeof readWaiting>>): boolean {
  const asked = new Set(clients.map(({ client }) => client.id))
  return clients.some(({ client, phone, email }) => waitingOf({ phone, email, language: client.language }).some((id) => !asked.has(id)))
}

function toPersonView(person: PlannedPerson, writer: Writer): Omit<OutreachPerson, 'joins'> {
  const { clients, channel } = person
  const now = writer.ctx.deps.now()
  const lead = clients.find(({ contactFirstName }) => contactFirstName.trim() !== '') ?? clients[0]
  const firstName = lead?.contactFirstName.trim() ?? ''
  const name = `${firstName} ${lead?.client.contactLastName ?? ''}`.trim()
  const messages = lettersOf(person).map((letter) => toMessage(letter, writer))
  // It is valid from the message that goes out last, and reminded of from the one that goes out first
  const times = messages.map(({ sendsAt }) => Date.parse(sendsAt))
  return {
    id: idOf(person),
    name: name === '' ? (lead?.businessName ?? '') : name,
    firstName: firstName === '' ? name || (lead?.businessName ?? '') : firstName,
    clients: clients.map(({ client: { id, businessName } }) => ({ id, businessName })),
    channel,
    phone: clients.find(({ phone }) => phone !== null)?.phone ?? null,
    email: clients.find(({ email }) => email !== null)?.email ?? null,
    language: clients[0]?.client.language ?? 'en',
    banks: [
      ...clients.flatMap(({ client, broken }) =>
        broken.map(({ name: bank, mask }) => ({ name: bank, mask, isNew: false, clientId: client.id })),
      ),
      ...clients.flatMap(({ client, missing }) => missing.map((bank) => ({ name: bank, mask: null, isNew: true, clientId: client.id }))),
    ],
    messages,
    timeZone: zoneOf(clients),
    waits: waits(person, writer),
    linkUntil: new Date(Math.max(now.getTime(), ...times) + inviteValidMs).toISOString(),
    remindAt: new Date(Math.min(...times) + remindAfterMs).toISOString(),
  }
}

function toMessage({ use, to, clients }: Letter, { ctx, staffName, firmName, templateOf, textTime }: Writer): OutreachMessage {
  const { templateId, templateName, ...template } = templateOf(use)
  const { subject, body } = renderTemplate(template, factsOfPerson(clients, { language: use.language, staffName, firmName }))
  const length = use.channel === 'sms' ? measureText(body, ctx.deps.publicUrl) : null
  const sendsAt = use.channel === 'sms' ? textTime(zoneOf(clients)) : ctx.deps.now()
  return {
    ...use,
    to,
    templateId,
    templateName,
    subject,
    body,
    length,
    warnings: warningsFor(template, length),
    sendsAt: sendsAt.toISOString(),
  }
}
