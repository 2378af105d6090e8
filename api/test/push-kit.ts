import { books } from '@ledgersync/shared/books'
import { pushes } from '@ledgersync/shared/pushes'
import { review } from '@ledgersync/shared/review'
import { transactions } from '@ledgersync/shared/transactions'
import { connectBooks } from './books-factories.ts'
import { makeClient, makeFirm, type Person } from './factories.ts'
import type { TestApp } from './harness.ts'
import { makeBankAccount, makeTransactions, type TransactionOverrides } from './ledger-factories.ts'

export interface Company {
  name: string
  dana: Person
  clientId: string
  realmId: string
  bank: { clientId: string; bankAccountId: string }
  card: { clientId: string; bankAccountId: string }
  expense: string
}

let count = 0

/** What tests of pushes share: a company ready to be posted to, approved rows, and a look at both books. Asks for the app at each use. */
export function pushKit(app: () => TestApp) {
  /** A client with a connected company, a mapped bank account and a mapped card. */
  async function makeCompany(): Promise<Company> {
    count += 1
    const name = `Push Company ${count}`
    const dana = await makeFirm(app())
    const clientId = await makeClient(app(), dana)
    const realmId = await connectBooks(app(), dana, clientId, name)
    const accounts = (await app().call(books.accounts, { params: { clientId } }, dana)).body.items
    const first = (type: string) => accounts.find((account) => account.type === type && account.active)?.id ?? ''
    const [bank, card] = [
      await makeBankAccount(app(), dana, clientId),
      await makeBankAccount(app(), dana, clientId, { kind: 'card', type: 'credit' }),
    ]
    for (const [bankAccountId, type] of [
      [bank, 'Bank'],
      [card, 'Credit Card'],
    ] as const) {
      const mapped = await app().call(
        books.mapAccount,
        { params: { clientId, bankAccountId }, body: { booksAccountId: first(type), mode: 'we_post' } },
        dana,
      )
      expect(mapped.status).toBe(200)
    }
    return {
      name,
      dana,
      clientId,
      realmId,
      bank: { clientId, bankAccountId: bank },
      card: { clientId, bankAccountId: card },
      expense: first('Expense'),
    }
  }

  /** Rows coded to an expense account by a person, approved. */
  async function approved(company: Company, account: 'bank' | 'card', rows: TransactionOverrides[]): Promise<string[]> {
    const coded = rows.map((row) => ({ booksAccountId: company.expense, categoryBy: 'person' as const, ...row }))
    const ids = await makeTransactions(app(), company.dana, company[account], coded)
    for (let from = 0; from < ids.length; from += 500) {
      const answer = await app().call(review.approve, { body: { transactionIds: ids.slice(from, from + 500) } }, company.dana)
      expect(answer.body.refused).toEqual([])
    }
    return ids
  }

  const push = (company: Company, transactionIds: string[]) => app().call(pushes.create, { body: { transactionIds } }, company.dana)
  const stageOf = async (company: Company, transactionId: string) =>
    (await app().call(transactions.get, { params: { transactionId } }, company.dana)).body
  const entriesOf = (company: Company) => app().network.intuit.entries(company.realmId)

  return { makeCompany, approved, push, stageOf, entriesOf }
}
