import { minor } from '@ledgersync/shared/money'
import { newId } from '../src/core/ids.ts'
import { withFirm } from '../src/db/client.ts'
import { bankAccountsTable, connectionsTable } from '../src/db/schema/banks.ts'
import { booksAccountsTable, booksTable, booksVendorsTable } from '../src/db/schema/books.ts'
import { categoriesTable, categoryMappingsTable, rulesTable, transactionsTable } from '../src/db/schema/ledger.ts'
import type { Person } from './factories.ts'
import type { TestApp } from './harness.ts'

let count = 0

/** A connected company with the accounts and vendors that tests code to. */
export interface MadeBooks {
  booksId: string
  realmId: string
  /** Ids of its accounts. `bank` and `card` are what bank accounts are mapped to. */
  accounts: { bank: string; card: string; fuel: string; meals: string; sales: string; inactive: string }
  /** Ids of its vendors. */
  vendors: { shell: string; diner: string; inactive: string }
}

const chart = [
  ['bank', 'Operating Checking', 'Bank', 'asset', true],
  ['card', 'Company Card', 'Credit Card', 'liability', true],
  ['fuel', 'Automobile:Fuel', 'Expense', 'expense', true],
  ['meals', 'Meals and Entertainment', 'Expense', 'expense', true],
  ['sales', 'Sales', 'Income', 'revenue', true],
  ['inactive', 'Old Expense', 'Expense', 'expense', false],
] as const
const vendorNames = [
  ['shell', 'Gulf Coast Fuels', true],
  ['diner', 'Harbor Diner', true],
  ['inactive', 'Closed Vendor', false],
] as const

/** Books of the client. Holds no tokens: for what talks to QuickBooks, connect through the emulator instead. */
export async function makeBooks(
  test: TestApp,
  by: Person,
  clientId: string,
  overrides: Partial<typeof booksTable.$inferInsert> = {},
): Promise<MadeBooks> {
  count += 1
  const { firmId } = by
  const booksId = overrides.id ?? newId()
  const currency = overrides.homeCurrency ?? 'USD'
  const books = {
    firmId,
    id: booksId,
    clientId,
    realmId: `93413${String(count).padStart(8, '0')}`,
    companyName: `Saltgrass Books ${count}`,
    homeCurrency: currency,
    state: 'connected' as const,
    connectedAt: test.deps.now(),
    refreshedAt: test.deps.now(),
    ...overrides,
  }
  const accounts = chart.map(([key, name, type, classification, active], index) => ({
    key,
    firmId,
    id: newId(),
    booksId,
    providerId: String(index + 1),
    name,
    number: null,
    type,
    subtype: null,
    classification,
    currency,
    active,
  }))
  const vendors = vendorNames.map(([key, name, active], index) => ({
    key,
    firmId,
    id: newId(),
    booksId,
    providerId: String(index + 1),
    name,
    active,
  }))
  await withFirm(by.ctx, async (tx) => {
    await tx.insert(booksTable).values(books)
    await tx.insert(booksAccountsTable).values(accounts)
    await tx.insert(booksVendorsTable).values(vendors)
  })
  // Object.fromEntries loses the keys, which are exactly those of the two tables above
  const idsByKey = <K extends string>(rows: { key: K; id: string }[]) =>
    Object.fromEntries(rows.map(({ key, id }) => [key, id])) as Record<K, string>
  return { booksId, realmId: books.realmId, accounts: idsByKey(accounts), vendors: idsByKey(vendors) }
}

/** A bank account of the client, under a healthy connection of its own. Unmapped unless `booksAccountId` is given. */
export async function makeBankAccount(
  test: TestApp,
  by: Person,
  clientId: string,
  overrides: Partial<typeof bankAccountsTable.$inferInsert> = {},
): Promise<string> {
  count += 1
  const { firmId } = by
  const [id, connectionId] = [overrides.id ?? newId(), overrides.connectionId ?? newId()]
  const now = test.deps.now()
  await withFirm(by.ctx, async (tx) => {
    if (overrides.connectionId === undefined) {
      await tx.insert(connectionsTable).values({
        firmId,
        id: connectionId,
        clientId,
        institutionId: 'ins_109508',
        institutionName: 'First Platypus Bank',
        providerItemId: `item-${connectionId}`,
        health: 'healthy',
        complete: true,
        createdAt: now,
        lastSuccessAt: now,
      })
    }
    await tx.insert(bankAccountsTable).values({
      firmId,
      id,
      connectionId,
      clientId,
      providerAccountId: `account-${id}`,
      name: 'Business Checking',
      officialName: null,
      mask: String(count % 10_000).padStart(4, '0'),
      kind: 'bank',
      type: 'depository',
      subtype: 'checking',
      currency: 'USD',
      balanceMinor: minor(1_284_550),
      createdAt: now,
      ...overrides,
    })
  })
  return id
}

type TransactionInsert = typeof transactionsTable.$inferInsert
export type TransactionOverrides = Partial<Omit<TransactionInsert, 'amountMinor'>> & { amountMinor?: number }

/** Rows of one bank account as a sync leaves them: open and not coded. One statement for all. */
export async function makeTransactions(
  test: TestApp,
  by: Person,
  account: { clientId: string; bankAccountId: string },
  rows: TransactionOverrides[],
): Promise<string[]> {
  const now = test.deps.now()
  const values = rows.map(({ amountMinor = -4_520, ...overrides }): TransactionInsert => {
    count += 1
    const id = overrides.id ?? newId()
    return {
      firmId: by.firmId,
      ...account,
      providerTransactionId: `transaction-${id}`,
      date: '2026-10-05',
      description: `CARD PURCHASE ${count}`,
      currency: 'USD',
      stage: 'open',
      createdAt: now,
      updatedAt: now,
      ...overrides,
      id,
      amountMinor: minor(amountMinor),
    }
  })
  // PostgreSQL takes at most 65,535 parameters a statement
  const atOnce = 1_000
  await withFirm(by.ctx, async (tx) => {
    for (let from = 0; from < values.length; from += atOnce) await tx.insert(transactionsTable).values(values.slice(from, from + atOnce))
  })
  return values.map((row) => row.id)
}

/** One row; see {@link makeTransactions}. */
export async function makeTransaction(
  test: TestApp,
  by: Person,
  account: { clientId: string; bankAccountId: string },
  overrides: TransactionOverrides = {},
): Promise<string> {
  const [id] = await makeTransactions(test, by, account, [overrides])
  if (id === undefined) throw new Error('One row goes in, one id comes out')
  return id
}

/** A category of the firm, mapped to the client's account when `mapped` is given. */
export async function makeCategory(
  test: TestApp,
  by: Person,
  name: string,
  mapped?: { clientId: string; booksAccountId: string },
): Promise<string> {
  const id = newId()
  await withFirm(by.ctx, async (tx) => {
    await tx.insert(categoriesTable).values({ firmId: by.firmId, id, name, description: '', createdAt: test.deps.now() })
    if (mapped !== undefined) await tx.insert(categoryMappingsTable).values({ firmId: by.firmId, categoryId: id, ...mapped })
  })
  return id
}

/** A rule of the firm (no endpoint makes one), or of a client when `clientId` is given: description contains `word`. */
export async function makeRule(
  test: TestApp,
  by: Person,
  word: string,
  overrides: Partial<typeof rulesTable.$inferInsert> = {},
): Promise<string> {
  const id = newId()
  const now = test.deps.now()
  count += 1
  await withFirm(by.ctx, (tx) =>
    tx.insert(rulesTable).values({
      firmId: by.firmId,
      id,
      clientId: null,
      name: `Rule for ${word}`,
      priority: count,
      active: true,
      direction: 'both',
      match: 'all',
      conditions: [{ field: 'description', operator: 'contains', value: word }],
      actions: {},
      version: 1,
      createdAt: now,
      updatedAt: now,
      ...overrides,
    }),
  )
  return id
}

/** What review needs: a client with connected books and a mapped bank account. */
export async function makeLedger(
  test: TestApp,
  by: Person,
  clientId: string,
): Promise<{ books: MadeBooks; account: { clientId: string; bankAccountId: string } }> {
  const books = await makeBooks(test, by, clientId)
  const bankAccountId = await makeBankAccount(test, by, clientId, { booksAccountId: books.accounts.bank })
  return { books, account: { clientId, bankAccountId } }
}
