import type { FastifyInstance, FastifyReply } from 'fastify'
import { companyName } from './company.ts'
import { html, type Markup, page } from './html.ts'
import { flagAt, type JsonObject, refAt, textAt } from './json.ts'
import { debitBalances, naturalMinor } from './ledger.ts'
import { formatMinor } from './money.ts'
import type { Company } from './state.ts'
import type { EntryView } from './types.ts'
import { accountName, companyView, entryViews } from './views.ts'
import type { World } from './world.ts'

const newestMax = 200

/** QuickBooks' own deep links and the entries each opens. */
const deepLinks: Readonly<Record<string, (entry: EntryView) => boolean>> = {
  expense: (entry) => entry.entity === 'Purchase',
  check: (entry) => entry.entity === 'Purchase',
  creditcardcredit: (entry) => entry.entity === 'Purchase',
  deposit: (entry) => entry.entity === 'Deposit',
  transfer: (entry) => entry.entity === 'Transfer',
  creditcardpayment: (entry) => entry.entity === 'CreditCardPaymentTxn',
  journal: (entry) => entry.entity === 'JournalEntry',
}

function kindWords(entry: EntryView): { words: string; link: string } {
  switch (entry.entity) {
    case 'Purchase':
      if (entry.credit) return { words: 'Credit card credit', link: 'creditcardcredit' }
      return entry.paymentType === 'Check' ? { words: 'Check', link: 'check' } : { words: 'Expense', link: 'expense' }
    case 'Deposit':
      return { words: 'Deposit', link: 'deposit' }
    case 'Transfer':
      return { words: 'Transfer', link: 'transfer' }
    case 'CreditCardPaymentTxn':
      return { words: 'Credit card payment', link: 'creditcardpayment' }
    case 'JournalEntry':
      return { words: 'Journal entry', link: 'journal' }
  }
}

const entryLink = (entry: EntryView): string => `/app/${kindWords(entry).link}?txnId=${entry.id}&realmId=${entry.realmId}`

function companiesPage(world: World): string {
  const rows = Object.values(world.store.data.companies).map((company) => {
    const view = companyView(world, company)
    const badge = view.connected ? html`<span class="badge ok">Connected</span>` : html`<span class="badge plain">Not connected</span>`
    return html`<tr><td class="strong"><a href="/app/company/${view.realmId}">${view.name}</a></td>
<td class="number">${view.entryCount} ${view.entryCount === 1 ? 'entry' : 'entries'}</td>
<td class="quiet">${view.realmId}</td><td>${badge}</td></tr>`
  })
  return page(
    'Companies',
    html`<h1>Companies</h1><p>Each has its own chart of accounts and its own entries.</p>
<div class="card"><table class="stack"><thead><tr><th>Company</th><th class="number">Entries</th><th>Company ID</th><th>Application</th></tr></thead>
<tbody>${rows}</tbody></table></div>`,
  )
}

function accountRows(company: Company): Markup[] {
  const balances = debitBalances(company)
  const accounts = Object.entries(company.entities.Account)
  const rowsBelow = (parentId: string | null): Markup[] =>
    accounts
      .filter(([, account]) => refAt(account, 'ParentRef') === parentId)
      .flatMap(([id, account]) => [accountRow(id, account, naturalMinor(account, balances.get(id) ?? 0)), ...rowsBelow(id)])
  return rowsBelow(null)
}

function accountRow(id: string, account: JsonObject, balanceMinor: number): Markup {
  const isChild = refAt(account, 'ParentRef') !== null
  const balance = balanceMinor === 0 ? html`<span class="quiet">–</span>` : html`<span class="strong">${formatMinor(balanceMinor)}</span>`
  const state = flagAt(account, 'Active') === false ? html` <span class="badge warn">Inactive</span>` : null
  return html`<tr><td class="${isChild ? 'child' : ''}">${textAt(account, 'Name')}${state}</td><td class="number">${balance}</td>
<td class="quiet">${textAt(account, 'AccountType')}</td><td class="quiet number">Id ${id}</td></tr>`
}

function entryRow(company: Company, entry: EntryView): Markup {
  const [line] = entry.lines
  const categories = entry.lines.length > 1 ? `${entry.lines.length} lines` : (line?.accountName ?? '')
  const from = entry.accountName
  return html`<tr><td class="nowrap">${entry.txnDate}</td><td class="number strong">${formatMinor(entry.totalMinor)}</td>
<td class="wide"><a href="${entryLink(entry)}">${kindWords(entry).words} ${entry.id}</a></td>
<td class="wide">${entry.vendorName ?? ''}</td><td class="quiet wide">${from === '' ? categories : `${from} – ${categories}`}</td></tr>`
}

function companyPage(world: World, company: Company): string {
  const view = companyView(world, company)
  const newest = entryViews(company).slice(-newestMax).reverse()
  const entries =
    newest.length === 0
      ? html`<p>No entry has been made yet.</p>`
      : html`<div class="card"><table class="stack"><thead><tr><th>Date</th><th class="number">Amount (USD)</th><th>Entry</th><th>Payee</th><th>Accounts</th></tr></thead>
<tbody>${newest.map((entry) => entryRow(company, entry))}</tbody></table></div>`
  const closed = view.closedOn === null ? html`` : html` <span class="badge warn">Books closed through ${view.closedOn}</span>`
  const badge = view.connected ? html`<span class="badge ok">Connected</span>` : html`<span class="badge plain">Not connected</span>`
  return page(
    view.name,
    html`<p><a href="/app">All companies</a></p><h1>${view.name}</h1><p>Company ID ${view.realmId} ${badge}${closed}</p>
<h2>Newest entries, ${newest.length} of ${view.entryCount}</h2>${entries}
<h2>Chart of accounts</h2><div class="card"><table class="stack"><thead><tr><th>Account</th><th class="number">Balance (USD)</th><th>Type</th><th class="number">Id</th></tr></thead>
<tbody>${accountRows(company)}</tbody></table></div>`,
  )
}

/** Times of the entry page are UTC, said so beside them. */
const readable = (instant: string): string => `${instant.slice(0, 10)} ${instant.slice(11, 19)} UTC`

function entryPage(company: Company, entry: EntryView): string {
  const { words } = kindWords(entry)
  const member = (label: string, value: string | Markup | null): Markup =>
    value === null || value === '' ? html`` : html`<dt>${label}</dt><dd>${value}</dd>`
  const lines = entry.lines.map(
    (line) => html`<tr><td>${line.accountName}</td><td class="number strong">${formatMinor(line.amountMinor)}</td>
<td class="quiet">${line.description ?? ''}</td><td class="quiet">${line.side === 'debit' ? 'Debit' : 'Credit'}</td></tr>`,
  )
  const accountLabel = entry.entity === 'Deposit' ? 'Deposited to' : entry.toAccountId === null ? 'Paid from' : 'From account'
  const times =
    entry.createRequestCount === 1 ? html`1 time` : html`${entry.createRequestCount} times <span class="badge ok">entered once</span>`
  return page(
    `${words} ${entry.id}`,
    html`<p><a href="/app">All companies</a> / <a href="/app/company/${entry.realmId}">${companyName(company)}</a></p>
<h1>${words} ${entry.id}</h1><div class="total">${formatMinor(entry.totalMinor)} USD</div>
<div class="card"><dl>${member('Date', entry.txnDate)}${member(accountLabel, entry.accountName)}
${member('To account', accountName(company, entry.toAccountId))}${member('Payee', entry.vendorName)}${member('Payment type', entry.paymentType)}
${member('Number', entry.docNumber)}${member('Memo', entry.privateNote)}${member('Created', readable(entry.createdAt))}
${member('Created by', entry.createdByApi ? 'an application, over the API' : 'a person in QuickBooks')}
${member('Create was requested', times)}${member('Version', entry.syncToken === '0' ? 'as created' : `changed ${entry.syncToken} times`)}</dl></div>
<h2>Lines</h2><div class="card"><table class="stack"><thead><tr><th>Account</th><th class="number">Amount (USD)</th><th>Description</th><th>Side</th></tr></thead>
<tbody>${lines}</tbody></table></div>`,
  )
}

function missingPage(what: string): string {
  return page(
    'Not found',
    html`<h1>${what}</h1><p>It was never there, or it was deleted.</p><p><a href="/app">All companies</a></p>`,
    'narrow',
  )
}

function choicePage(world: World, entries: EntryView[]): string {
  const rows = entries.map((entry) => {
    const company = world.store.data.companies[entry.realmId]
    return html`<li><a href="${entryLink(entry)}">${kindWords(entry).words} ${entry.id}</a> in ${company === undefined ? '' : companyName(company)}</li>`
  })
  return page('Choose a company', html`<h1>More than one company has this entry number</h1><ul class="plain">${rows}</ul>`, 'narrow')
}

/** The books for a person: companies, their accounts and entries, and QuickBooks' deep links to one entry. */
export function booksRoutes(app: FastifyInstance, world: World): void {
  const send = (reply: FastifyReply, status: number, text: string): FastifyReply =>
    reply.code(status).type('text/html; charset=utf-8').header('cache-control', 'no-store').send(text)
  const companies = (): Company[] => Object.values(world.store.data.companies)
  app.get('/app', async (_req, reply) => send(reply, 200, companiesPage(world)))
  app.get<{ Params: { realmId: string } }>('/app/company/:realmId', async (req, reply) => {
    const company = companies().find(({ realmId }) => realmId === req.params.realmId)
    return company === undefined ? send(reply, 404, missingPage('There is no such company')) : send(reply, 200, companyPage(world, company))
  })
  for (const [link, opens] of Object.entries(deepLinks)) {
    app.get<{ Querystring: { txnId?: string; realmId?: string } }>(`/app/${link}`, async (req, reply) => {
      const { txnId, realmId } = req.query
      const found = companies()
        .filter((company) => realmId === undefined || company.realmId === realmId)
        .flatMap((company) => entryViews(company).filter((entry) => entry.id === txnId && opens(entry)))
      const [entry, another] = found
      const company = entry === undefined ? undefined : world.store.data.companies[entry.realmId]
      if (entry === undefined || company === undefined) return send(reply, 404, missingPage('There is no such entry'))
      return send(reply, 200, another === undefined ? entryPage(company, entry) : choicePage(world, found))
    })
  }
}
