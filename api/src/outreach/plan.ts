import { type AddressedClient, type AskedClient, groupByPerson, type OutreachAsk, type OutreachFix } from '@ledgersync/shared/outreach'
import type { TemplateKind } from '@ledgersync/shared/templates'
import { type BankInput, banksMax } from '../clients/banks.ts'
import type { ClientRowValues } from '../clients/values.ts'
import type { Ctx } from '../core/context.ts'
import type { Tx } from '../db/client.ts'
import { type BankFacts, type Closed, readBankFacts, readWays, type Ways } from './read.ts'

// The one place that decides who is written to about what, for the preview and for the run that follows it.

/** A client that a message is about. */
export interface PlannedClient extends AskedClient, Way {
  client: ClientRowValues
  /** Banks that come onto the client's page. */
  added: BankInput[]
  /** Banks on the page that a connection answered which has ended since: they are asked for anew. */
  endedIds: string[]
}

/** An address is there only where it is used. */
interface Way {
  phone: string | null
  email: string | null
}

/** By what one is reached who has these addresses. */
export const channelOf = ({ phone, email }: Way): Channel => (email === null ? 'sms' : phone === null ? 'email' : 'both')

/** One person, who gets one message by text, e-mail or both: of several mailboxes, or phones, one each. */
export interface PlannedPerson {
  clients: PlannedClient[]
  channel: Channel
  /** Whether it asks for banks to be connected, or for new sign-ins alone. */
  kind: Extract<TemplateKind, 'invitation' | 'reconnect'>
}

export interface Skip {
  reason: string
  since: Date | null
  fix: OutreachFix | null
}
export interface Plan {
  people: PlannedPerson[]
  skipped: { client: ClientRowValues; skip: Skip }[]
}

const skip = (reason: string, fix: OutreachFix | null = null, since: Date | null = null): Skip => ({ reason, fix, since })
type Unreached = Omit<PlannedClient, keyof Way>
const isSkip = (found: Unreached | Way | Skip): found is Skip => 'reason' in found

/** Decides for these clients, in a few queries however many they are. */
export async function planOutreach(tx: Tx, ctx: Ctx, clients: readonly ClientRowValues[], ask: OutreachAsk): Promise<Plan> {
  const { waysOf, messagesPerPersonDay } = await readWays(tx, ctx, clients)
  const ids = clients.map(({ id }) => id)
  const banksOf = await readBankFacts(tx, ctx, ids)
  const wishOf = channelsOf(ask)
  const skipped: Plan['skipped'] = []
  const asked: PlannedClient[] = []
  for (const client of clients) {
    const planned = planClient(client, banksOf(client.id), ask.banks)
    const wish = { channel: wishOf(client.id), perDay: messagesPerPersonDay }
    const way = isSkip(planned) ? planned : wayTo(client, waysOf(client), wish)
    if (isSkip(planned)) skipped.push({ client, skip: planned })
    else if (isSkip(way)) skipped.push({ client, skip: way })
    else asked.push({ ...planned, ...way })
  }
  return { people: ofEach(asked, 'both').map(toPerson), skipped }
}

/** These clients by whom they belong to, or by the address of one channel. */
export function ofEach(clients: readonly PlannedClient[], channel: Channel): PlannedClient[][] {
  const rows = clients.map((planned) => {
    const { id, language } = planned.client
    return { id, language, phone: planned.phone, email: planned.email, planned }
  })
  return groupByPerson(rows, channel).map((group) => group.map(({ planned }) => planned))
}

function toPerson(clients: PlannedClient[]): PlannedPerson {
  const [byText, byMail] = [clients.some(({ phone }) => phone !== null), clients.some(({ email }) => email !== null)]
  return {
    clients,
    channel: byText && byMail ? 'both' : byText ? 'sms' : 'email',
    kind: clients.some(({ missing }) => missing.length > 0) ? 'invitation' : 'reconnect',
  }
}

/** What a client is asked for, or why for nothing. */
function planClient(client: ClientRowValues, { wanted, connected }: BankFacts, banks: readonly BankInput[]): Unreached | Skip {
  if (client.lockedAt !== null) return skip('The client is locked', 'open_client')
  if (client.staffHaveAccess) return skip('You hold this bank login yourself, nothing for the client to do', 'own_access')
  const working = connected.filter(({ health }) => health !== 'disconnected')
  const isChosen = ({ institutionId }: { institutionId: string | null }) => banks.some((bank) => bank.institutionId === institutionId)
  const unconnected = unique(banks).filter((bank) => !working.some(({ institutionId }) => institutionId === bank.institutionId))
  const isWanted = (bank: BankInput) => unconnected.some(({ institutionId }) => institutionId === bank.institutionId)
  const ended = wanted.filter((row) => row.connectionId !== null && isWanted(row))
  const added = unconnected.filter((bank) => !wanted.some(({ institutionId }) => institutionId === bank.institutionId))
  const missing = wanted.filter((row) => row.connectionId === null || ended.includes(row))
  const broken = working.flatMap((connection) => (connection.broken === null ? [] : [connection.broken]))
  const isDown = working.some((connection) => connection.health === 'bank_down' && (banks.length === 0 || isChosen(connection)))
  const nothing = broken.length === 0 && (banks.length === 0 || missing.length + added.length === 0)
  if (nothing) return skip(isDown ? 'Bank is down, nothing for the client to do' : nothingToDo(banks.length, connected.length))
  if (wanted.length + added.length > banksMax)
    return skip(`Is asked for ${wanted.length} banks already, and ${banksMax} are the most`, 'open_client')
  const { businessName, contactFirstName } = client
  const names = [...missing, ...added].map(({ name }) => name.trim())
  return { client, businessName, contactFirstName, missing: names, broken, added, endedIds: ended.map(({ id }) => id) }
}

function nothingToDo(banks: number, connections: number): string {
  if (banks > 0) return banks === 1 ? 'Has connected this bank already' : 'Has connected these banks already'
  return connections === 0 ? 'Has connected no bank yet' : 'No bank wants a new sign-in'
}

/** Each bank once, as it was named first. */
const unique = (banks: readonly BankInput[]): BankInput[] =>
  banks.filter((bank, index) => banks.findIndex(({ institutionId }) => institutionId === bank.institutionId) === index)

type Channel = OutreachAsk['channel']
const other = (channel: Channel): Channel => (channel === 'sms' ? 'email' : channel === 'email' ? 'sms' : 'both')

interface Wish {
  channel: Channel
  perDay: number
}

/** The channel wished for each client. */
function channelsOf({ channel, insteadIds }: OutreachAsk): (clientId: string) => Channel {
  const instead = new Set(insteadIds)
  return (clientId) => (instead.has(clientId) ? other(channel) : channel)
}

/** The addresses of those wished for that are open. */
const openWay = ({ phone, email }: Way, ways: Ways, channel: Channel): Way => ({
  phone: ways.sms === null && channel !== 'email' ? phone : null,
  email: ways.email === null && channel !== 'sms' ? email : null,
})

/** The clients by person, as far as their addresses tell: those of one person are planned together. */
export async function peopleOf<Row extends AddressedClient>(
  tx: Tx,
  ctx: Ctx,
  clients: readonly Row[],
  ask: OutreachAsk,
): Promise<string[][]> {
  const { waysOf } = await readWays(tx, ctx, clients)
  const wishOf = channelsOf(ask)
  const rows = clients.map(({ id, language, ...way }) => ({ id, language, ...openWay(way, waysOf(way), wishOf(id)) }))
  return groupByPerson(rows, 'both').map((group) => group.map(({ id }) => id))
}

/** By which addresses of those wished for a client is reached, or why by none. */
function wayTo(client: ClientRowValues, ways: Ways, { channel, perDay }: Wish): Way | Skip {
  const { sms, email: mail } = ways
  const used = openWay(client, ways, channel)
  if (used.phone !== null || used.email !== null) return used
  if (sms?.why === 'none' && mail?.why === 'none') return skip('No cell phone or e-mail', channel === 'email' ? 'fix_email' : 'fix_phone')
  const text = sms === null ? '' : closedWords.sms(sms, perDay)
  const letter = mail === null ? '' : closedWords.email(mail, perDay)
  if (channel === 'sms') return skip(text, fixFor(sms, mail, { by: 'email_instead', address: 'fix_phone' }), sinceOf(sms))
  if (channel === 'email') return skip(letter, fixFor(mail, sms, { by: 'text_instead', address: 'fix_email' }), sinceOf(mail))
  const fix = sms?.why === 'none' ? 'fix_phone' : mail?.why === 'none' ? 'fix_email' : null
  return skip(`${text}, ${letter.charAt(0).toLowerCase()}${letter.slice(1)}`, fix)
}

const messages = (count: number, one: string): string => (count === 1 ? `a ${one}` : `${count} ${one}s`)
const closedWords = {
  sms: ({ why }: Closed, perDay: number): string =>
    why === 'none' ? 'No cell phone' : why === 'limit' ? `Already had ${messages(perDay, 'text')} within a day` : 'Opted out of texts',
  email: ({ why }: Closed, perDay: number): string =>
    why === 'none'
      ? 'No e-mail'
      : why === 'limit'
        ? `Already had ${messages(perDay, 'e-mail')} within a day`
        : 'Unsubscribed from your e-mails',
}
const sinceOf = (closed: Closed | null): Date | null => (closed?.why === 'opted_out' ? closed.since : null)

/** The other channel where it is open, else another address; whoever has had enough for the day is left in peace. */
function fixFor(closed: Closed | null, otherWay: Closed | null, fixes: { by: OutreachFix; address: OutreachFix }): OutreachFix | null {
  if (closed?.why === 'limit') return null
  if (otherWay === null) return fixes.by
  return closed?.why === 'none' ? fixes.address : null
}
