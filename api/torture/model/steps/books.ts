import fc from 'fast-check'
import { books } from '@ledgersync/shared/books'
import { chartOf, clientOf, connectionOf, must, type Real, rowsOf } from '../real.ts'
import { at, categoryCount, type Client, companyCount, companyOf, living } from '../state.ts'
import type { Step } from '../step.ts'

const some = fc.nat(50)
const bankTargets = ['Checking', 'Savings', 'Payroll Checking']
const cardTargets = ['Business Credit Card', 'Travel Credit Card']
export const expenses = ['Advertising and Marketing', 'Bank Fees', 'Insurance']

export const connectBooks: Step<{ client: number; company: number }> = {
  name: 'connect QuickBooks',
  weight: 2,
  params: fc.record({ client: some, company: fc.constantFrom(...Array.from({ length: companyCount }, (_, number) => number), 0) }),
  can: (model) => living(model).length > 0,
  alone: true,
  async act(model, real, { client: pick, company }) {
    const client = at(living(model), pick)
    const wanted = model.companies[company]
    if (client === undefined || wanted === undefined) return
    const { id: clientId } = clientOf(real, client.index)
    const asked = await real.product.call(books.authorize, { params: { clientId } }, real.dana)
    must('asking for QuickBooks', asked.status, client.locked ? 409 : 201)
    if (client.locked) return
    const back = new URL(await real.product.network.intuit.completeAuthorization(asked.body.url, real.companyNames[company]))
    real.realms[company] = back.searchParams.get('realmId') ?? ''
    const answer = await real.product.request().get(`${back.pathname}${back.search}`).set('Cookie', real.dana.cookie)
    const current = companyOf(client)
    const result =
      current !== null && current !== company ? 'other' : wanted.owner !== null && wanted.owner !== client.index ? 'taken' : 'connected'
    must('connecting QuickBooks', new URL(answer.headers.location ?? '').searchParams.get('books'), result)
    wanted.granted = true
    if (result !== 'connected') {
      model.revocations.push(company)
      return
    }
    wanted.owner = client.index
    const known = client.books.find((each) => each.company === company)
    if (known === undefined) client.books.push({ company, connected: true })
    else known.connected = true
  },
}

export const disconnectBooks: Step<{ client: number }> = {
  name: 'disconnect QuickBooks',
  weight: 1,
  params: fc.record({ client: some }),
  can: (model) => living(model).some(({ books: all }) => all.length > 0),
  async act(model, real, { client: pick }) {
    const client = at(living(model), pick)
    if (client === undefined) return
    const { status } = await real.product.call(books.disconnect, { params: { clientId: clientOf(real, client.index).id } }, real.dana)
    const company = companyOf(client)
    must('disconnecting QuickBooks', status, company === null ? 409 : 204)
    const owned = company === null ? undefined : model.companies[company]
    if (company === null || owned === undefined) return
    for (const each of client.books) each.connected = false
    owned.owner = null
    model.revocations.push(company)
  },
}

/** Accounts of the client's logins, revoked ones too: they keep their mapping. */
const accountsOf = (client: Client) =>
  client.connections.flatMap((connection) => ([0, 1] as const).map((account) => ({ connection, account })))

export const mapAccount: Step<{ client: number; account: number; target: number | null }> = {
  name: 'map a bank account',
  weight: 3,
  params: fc.record({ client: some, account: some, target: fc.option(fc.nat(2), { freq: 6 }) }),
  can: (model) => living(model).some((client) => accountsOf(client).length > 0),
  async act(model, real, { client: pick, account: which, target }) {
    const client = at(
      living(model).filter((each) => accountsOf(each).length > 0),
      pick,
    )
    const found = client === undefined ? undefined : at(accountsOf(client), which)
    if (client === undefined || found === undefined) return
    const { connection, account } = found
    const names = account === 0 ? bankTargets : cardTargets
    const name = target === null ? null : (names[target % names.length] ?? '')
    const company = companyOf(client)
    const status = await mapReal(real, client, { bank: connection.bank, account, name })
    const isUsed = accountsOf(client).some(
      (other) =>
        !(other.connection === connection && other.account === account) &&
        other.connection.mapped[other.account]?.company === company &&
        other.connection.mapped[other.account]?.account === name,
    )
    const expected = name === null ? 200 : company === null ? 409 : isUsed ? 400 : 200
    must('mapping a bank account', status, expected)
    if (expected !== 200) return
    connection.mapped[account] = name === null || company === null ? null : { company, account: name }
  },
}

async function mapReal(
  real: Real,
  client: Client,
  { bank, account, name }: { bank: number; account: 0 | 1; name: string | null },
): Promise<number> {
  const { id: connectionId, clientId } = await connectionOf(real, client.index, bank)
  const [row] = await rowsOf<{ id: string }>(real, 'select id from bank_accounts where connection_id = $1 and kind = $2', [
    connectionId,
    account === 0 ? 'bank' : 'card',
  ])
  const chart = name === null ? null : await chartOf(real, client.index)
  // Without books there is no chart, and any id will do to be refused
  const booksAccountId = name === null ? null : (chart?.get(name) ?? clientId)
  const params = { clientId, bankAccountId: row?.id ?? '' }
  return (await real.product.call(books.mapAccount, { params, body: { booksAccountId, mode: 'we_post' } }, real.dana)).status
}

export const mapCategory: Step<{ client: number; category: number; target: number | null }> = {
  name: 'map a category',
  weight: 3,
  params: fc.record({ client: some, category: fc.nat(categoryCount - 1), target: fc.option(fc.nat(expenses.length - 1), { freq: 6 }) }),
  can: (model) => living(model).length > 0,
  async act(model, real, { client: pick, category, target }) {
    const client = at(living(model), pick)
    if (client === undefined) return
    const { id: clientId } = clientOf(real, client.index)
    const name = target === null ? null : (expenses[target] ?? '')
    const company = companyOf(client)
    const booksAccountId = name === null ? null : ((await chartOf(real, client.index)).get(name) ?? clientId)
    const params = { clientId, categoryId: real.categories[category] ?? '' }
    const { status } = await real.product.call(books.mapCategory, { params, body: { booksAccountId } }, real.dana)
    const expected = name !== null && company === null ? 409 : 200
    must('mapping a category', status, expected)
    if (expected === 200) client.categories[category] = name === null || company === null ? null : { company, account: name }
  },
}

export const closePeriod: Step<{ company: number }> = {
  name: 'close or open the books',
  weight: 1,
  params: fc.record({ company: fc.nat(companyCount - 1) }),
  can: (model, { company }) => model.companies[company]?.owner != null,
  alone: true,
  async act(model, real, { company }) {
    const found = model.companies[company]
    const realmId = real.realms[company]
    if (found === undefined || realmId === undefined) return
    found.closed = !found.closed
    real.product.network.intuit.closeBooks(realmId, found.closed ? '2999-12-31' : null)
  },
}
