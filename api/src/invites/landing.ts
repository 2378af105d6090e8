import { and, asc, eq, sql } from 'drizzle-orm'
import type { Language } from '@ledgersync/shared/common'
import { readWantedBanks } from '../clients/queries.ts'
import { type Deps, systemCtx } from '../core/context.ts'
import { withFirm } from '../db/client.ts'
import { connectionsTable } from '../db/schema/banks.ts'
import { escapeHtml, Html, joined, nothing, type Pages } from './frame.ts'
import type { KnownLink } from './links.ts'
import { type LaterChoice, readLater } from './later.ts'
import { firstName, momentWords, type PageTexts } from './page-texts.ts'
import { findClient } from './reach.ts'

/** A bank as the client sees it. `bankId` is the choice staff made, `connectionId` what is connected. */
export interface LandingBank {
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
  banks: LandingBank[]
  /** When they can be reminded instead, and the time they chose. */
  choices: LaterChoice[]
  chosenAt: Date | null
}

/**
 * What the landing page shows of the client: asked-for banks in staff's order, then others that are connected. Null when the
 * client was deleted a moment ago.
 */
export async function readLanding(deps: Deps, link: KnownLink): Promise<Landing | null> {
  const ctx = systemCtx(deps, link.firmId, 'landing')
  return withFirm(
    ctx,
    async (tx) => {
      const client = await findClient(tx, ctx, link.clientId)
      if (client === undefined) return null
      const wanted = await readWantedBanks(tx, ctx, link.clientId)
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
        .where(
          and(eq(connectionsTable.firmId, ctx.firmId), eq(connectionsTable.clientId, link.clientId), eq(connectionsTable.complete, true)),
        )
        .orderBy(asc(connectionsTable.createdAt), asc(connectionsTable.id))
      const live = connections.filter(({ health }) => health !== 'disconnected')
      const byId = new Map(live.map((connection) => [connection.id, connection]))
      const asked = wanted.map((bank): LandingBank => {
        const connection = bank.connectionId === null ? undefined : byId.get(bank.connectionId)
        const state = connection === undefined ? 'open' : connection.health === 'needs_client' ? 'again' : 'done'
        return {
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
            bankId: null,
            connectionId: id,
            institutionId: institutionId ?? id,
            name,
            state: health === 'needs_client' ? 'again' : 'done',
            accounts: count,
          }),
        )
      const { contactFirstName, language, timeZone } = client
      const { choices, chosenAt } = await readLater(tx, ctx, client, link.inviteId)
      return { contactFirstName, language, timeZone, banks: [...asked, ...added], choices, chosenAt }
    },
    'read',
  )
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
  const action = `${path}/connect`
  const disabled = new Html(isPreview ? ' disabled' : '')
  const next = banks.findIndex((bank) => bank.state !== 'done')
  const rows = banks.map((bank, index) => renderBank(pages, bank, { texts, action, disabled, isNext: index === next }))
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
    banks: joined(rows),
    another: pages.fill('another', {
      style: isEmpty ? 'filled' : '',
      action,
      disabled,
      label: isEmpty ? texts.addFirst : texts.addAnother,
    }),
    choices: pages.fill('choices', {
      later:
        isAllDone || landing.choices.length === 0
          ? nothing
          : new Html(`<a href="${escapeHtml(path)}/later">${escapeHtml(texts.later.ask)}</a>`),
      statements: `${path}/statements?lang=${landing.language}`,
      disabled,
      label: texts.statements,
    }),
    doubt,
    doubtMore,
  })
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
