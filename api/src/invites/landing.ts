import { and, asc, eq, sql } from 'drizzle-orm'
import type { Language } from '@ledgersync/shared/common'
import { readWantedBanks } from '../clients/queries.ts'
import { type Ctx, type Deps, systemCtx } from '../core/context.ts'
import { type Tx, withFirm } from '../db/client.ts'
import { connectionsTable } from '../db/schema/banks.ts'
import { escapeHtml, Html, joined, nothing, type Pages } from './frame.ts'
import { clientQuery, type KnownLink } from './links.ts'
import { type LaterChoice, type LaterKind, readLater } from './later.ts'
import { firstName, momentWords, type PageTexts } from './page-texts.ts'
import { type ClientValues, findClient } from './reach.ts'

/** A bank as the client sees it. `bankId` is the choice staff made, `connectionId` what is connected. */
export interface LandingBank {
  clientId: string
  bankId: string | null
  connectionId: string | null
  institutionId: string
  name: string
  state: 'done' | 'again' | 'open'
  accounts: number
}

export interface Landing {
  contactFirstName: string
  language: Language
  timeZone: string
  /** Of the person, each with its banks: one, or several where one message asks for all. */
  clients: { id: string; businessName: string }[]
  banks: LandingBank[]
  /** When they can be reminded instead, and the time they chose. */
  choices: LaterChoice[]
  chosenAt: Date | null
}

/**
 * What the landing page shows of the person's clients: asked-for banks in staff's order, then others that are connected. Null when
 * they were deleted a moment ago.
 */
export async function readLanding(deps: Deps, link: KnownLink): Promise<Landing | null> {
  const ctx = systemCtx(deps, link.firmId, 'landing')
  return withFirm(
    ctx,
    async (tx) => {
      const clients: ClientValues[] = []
      const banks: LandingBank[] = []
      const choices = new Map<LaterKind, LaterChoice>()
      const chosen: Date[] = []
      for (const { clientId, inviteId } of link.members) {
        const client = await findClient(tx, ctx, clientId)
        if (client === undefined) continue
        clients.push(client)
        banks.push(...(await readBanks(tx, ctx, clientId)))
        const later = await readLater(tx, ctx, client, { inviteId, timeZone: clients[0]?.timeZone ?? client.timeZone })
        for (const choice of later.choices) choices.set(choice.kind, choices.get(choice.kind) ?? choice)
        if (later.chosenAt !== null) chosen.push(later.chosenAt)
      }
      const [first] = clients
      if (first === undefined) return null
      const { contactFirstName, language, timeZone } = first
      const chosenAt = chosen.reduce<Date | null>((soonest, at) => (soonest === null || at < soonest ? at : soonest), null)
      const named = clients.map(({ id, businessName }) => ({ id, businessName }))
      return { contactFirstName, language, timeZone, clients: named, banks, choices: [...choices.values()], chosenAt }
    },
    'read',
  )
}

async function readBanks(tx: Tx, ctx: Ctx, clientId: string): Promise<LandingBank[]> {
  const wanted = await readWantedBanks(tx, ctx, clientId)
  // Names in full: in a select over one table drizzle leaves the table's name off, and `id` would be the account's
  const accounts = sql<number>`(select count(*)::int from bank_accounts a where a.firm_id = connections.firm_id and a.connection_id = connections.id)`
  const connections = await tx
    .select({
      id: connectionsTable.id,
      institutionId: connectionsTable.institutionId,
      name: connectionsTable.institutionName,
      health: connectionsTable.health,
      accounts,
    })
    .from(connectionsTable)
    .where(and(eq(connectionsTable.firmId, ctx.firmId), eq(connectionsTable.clientId, clientId), eq(connectionsTable.complete, true)))
    .orderBy(asc(connectionsTable.createdAt), asc(connectionsTable.id))
  const live = connections.filter(({ health }) => health !== 'disconnected')
  const byId = new Map(live.map((connection) => [connection.id, connection]))
  const asked = wanted.map((bank): LandingBank => {
    const connection = bank.connectionId === null ? undefined : byId.get(bank.connectionId)
    const state = connection === undefined ? 'open' : connection.health === 'needs_client' ? 'again' : 'done'
    return {
      clientId,
      bankId: bank.id,
      connectionId: connection?.id ?? null,
      institutionId: bank.institutionId,
      name: bank.name,
      state,
      accounts: connection?.accounts ?? 0,
    }
  })
  const askedConnections = new Set(wanted.map((bank) => bank.connectionId))
  const added = live
    .filter(({ id }) => !askedConnections.has(id))
    .map(
      ({ id, institutionId, name, health, accounts: count }): LandingBank => ({
        clientId,
        bankId: null,
        connectionId: id,
        institutionId: institutionId ?? id,
        name,
        state: health === 'needs_client' ? 'again' : 'done',
        accounts: count,
      }),
    )
  return [...asked, ...added]
}

const tones = 6

/** One of a few colours, always the same for one institution. */
function toneOf(institutionId: string): string {
  let hash = 0
  for (const character of institutionId) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) % 1_000_003
  return String(hash % tones)
}

/** The first letters of the first two words. */
function initialsOf(name: string): string {
  const words = name.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word))
  return words
    .slice(0, 2)
    .map((word) => [...word][0] ?? '')
    .join('')
    .toUpperCase()
}

export interface LandingView {
  landing: Landing
  link: KnownLink
  texts: PageTexts
  /** Path of the page, which its forms are built on. */
  path: string
  /** Staff look at it: the buttons do nothing. */
  isPreview: boolean
}

/** The content of the landing page. The first bank that is open has the one filled button. */
export function renderLanding(pages: Pages, { landing, link, texts, path, isPreview }: LandingView): Html {
  const { banks } = landing
  const disabled = new Html(isPreview ? ' disabled' : '')
  const next = banks.findIndex((bank) => bank.state !== 'done')
  const done = banks.filter((bank) => bank.state === 'done').length
  const first = firstName(link.staffName)
  const [doubt, doubtMore] = texts.doubt(link.firmName, first)
  const [password, passwordMore] = texts.password(link.firmName)
  const [inCharge, inChargeMore] = texts.inCharge(first)
  const isEmpty = banks.length === 0
  const isAllDone = !isEmpty && next < 0
  return pages.fill('landing', {
    heading: headingOf(landing, texts),
    staffName: link.staffName,
    why: texts.why(link.firmName),
    readOnly: texts.readOnly[0],
    readOnlyMore: texts.readOnly[1],
    password,
    passwordMore,
    inCharge,
    inChargeMore,
    notice: noticeOf(landing, texts, isAllDone),
    banksHeading: texts.yourBanks,
    progress: isEmpty ? '' : texts.progress(done, banks.length),
    banks: joined(
      landing.clients.map((client) => renderClient(pages, client, { landing, link, texts, path, disabled, next: banks[next] })),
    ),
    choices: pages.fill('choices', {
      later:
        isAllDone || landing.choices.length === 0
          ? nothing
          : new Html(`<a href="${escapeHtml(path)}/later">${escapeHtml(texts.later.ask)}</a>`),
      statements: joined(landing.clients.map((client) => statementsForm(client, { landing, link, texts, path, disabled }))),
    }),
    doubt,
    doubtMore,
  })
}

interface ClientView {
  landing: Landing
  link: KnownLink
  texts: PageTexts
  path: string
  disabled: Html
}
type Client = Landing['clients'][number]

/** A client's banks; several are told apart by their names. */
function renderClient(
  pages: Pages,
  client: Client,
  { landing, link, texts, path, disabled, next }: ClientView & { next: LandingBank | undefined },
): Html {
  const isOne = landing.clients.length === 1
  const banks = landing.banks.filter(({ clientId }) => clientId === client.id)
  const action = `${path}/connect${clientQuery({ ...link, clientId: client.id }).replace('&', '?')}`
  return pages.fill('banks', {
    name: isOne ? nothing : new Html(`<h3 id="of-${client.id}">${escapeHtml(client.businessName)}</h3>`),
    banks: joined(banks.map((bank) => renderBank(pages, bank, { texts, action, disabled, isNext: bank === next }))),
    another: pages.fill('another', {
      style: landing.banks.length === 0 && isOne ? 'filled' : '',
      action,
      about: isOne ? nothing : new Html(` aria-describedby="of-${client.id}"`),
      disabled,
      label: banks.length === 0 ? texts.addFirst : texts.addAnother,
    }),
  })
}

function statementsForm(client: Client, { landing, link, texts, path, disabled }: ClientView): Html {
  const isOne = landing.clients.length === 1
  const action = `${path}/statements?lang=${landing.language}${clientQuery({ ...link, clientId: client.id })}`
  const label = isOne ? texts.statements : texts.statementsOf(client.businessName)
  return new Html(
    `<form method="post" action="${escapeHtml(action)}"><button type="submit"${disabled.text}>${escapeHtml(label)}</button></form>`,
  )
}

/** What stands above the banks: that all is done, or when the client is reminded. */
function noticeOf({ chosenAt, language, timeZone }: Landing, texts: PageTexts, isAllDone: boolean): Html {
  const text = isAllDone ? texts.allDone : chosenAt === null ? null : texts.later.chosen(momentWords(chosenAt, timeZone, language))
  return text === null ? nothing : new Html(`<p class="message good" role="status">${escapeHtml(text)}</p>`)
}

/** Asks for what is still to be done: to sign in again where that is all, else to connect. */
function headingOf({ contactFirstName, banks }: Landing, texts: PageTexts): string {
  const open = banks.filter(({ state }) => state !== 'done')
  const [first] = open
  if (first !== undefined && open.every(({ state }) => state === 'again'))
    return texts.headingAgain(contactFirstName, open.length === 1 ? first.name : null)
  return texts.heading(contactFirstName, banks.length === 1)
}

interface BankView {
  texts: PageTexts
  action: string
  disabled: Html
  isNext: boolean
}

function renderBank(pages: Pages, bank: LandingBank, { texts, action, disabled, isNext }: BankView): Html {
  const look = { tone: toneOf(bank.institutionId), initials: initialsOf(bank.name), name: bank.name }
  // A broken one is named by its connection, for nobody may have asked for that bank
  const isAgain = bank.state === 'again' && bank.connectionId !== null
  const id = isAgain ? bank.connectionId : bank.bankId
  if (bank.state === 'done' || id === null) return pages.fill('bank-done', { ...look, status: texts.connected(bank.accounts) })
  const status = bank.state === 'again' ? new Html(`<small class="again">${escapeHtml(texts.signInAgain)}</small>`) : nothing
  return pages.fill('bank-open', {
    ...look,
    style: isNext ? 'next' : 'later',
    action,
    field: isAgain ? 'connectionId' : 'bankId',
    id,
    status,
    disabled,
    label: isAgain ? texts.signIn : texts.connect,
  })
}
