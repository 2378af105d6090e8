import { books } from '@ledgersync/shared/books'
import { pushes } from '@ledgersync/shared/pushes'
import { review } from '@ledgersync/shared/review'
import { connectBooks } from '../test/books-factories.ts'
import { makeClient, makeFirm, type Person } from '../test/factories.ts'
import type { TestApp } from '../test/harness.ts'
import { makeBankAccount, makeTransactions } from '../test/ledger-factories.ts'
import { createRandom, type Random } from './random.ts'
import type { Verdict } from './verdict.ts'

export interface PushOptions {
  seed: number
  entries: number
  companies: number
  /** Percent of answers that are dropped after the entries were made. */
  droppedPercent: number
  say(line: string): void
}

const rowsAtOnce = 500
const minuteMs = 60_000
const roundsMax = 400
/** Of all calls of the company API that push or look for pushed entries, per entry. */
const callsPerEntryMax = 1.1

interface Company {
  dana: Person
  clientId: string
  realmId: string
}

/**
 * Many entries into QuickBooks companies that ignore the request id, with answers lost after the entries were made: each entry
 * must stand once, to the cent, with few calls.
 */
export async function runPushes(product: TestApp, options: PushOptions): Promise<Verdict> {
  const since = performance.now()
  const random = createRandom(options.seed)
  const companies: Company[] = []
  for (let number = 1; number <= options.companies; number++)
    companies.push(await makeCompany(product, random, { number, rows: Math.ceil(options.entries / options.companies) }))
  const { intuit } = product.network
  intuit.calls.clear()
  product.network.setFaults({ seed: options.seed, rates: { requestid_ignored: 100, cut_after: options.droppedPercent } })
  for (const { dana, clientId } of companies) await product.call(pushes.create, { body: { clientId } }, dana)
  const calls = await pushEverything(product, options)
  const faults = product.network.faults().intuit
  product.network.setFaults(null)
  const { violations, standing, cents } = await compare(product, companies)
  const perEntry = calls / Math.max(1, standing)
  if (perEntry > callsPerEntryMax) violations.push(`${perEntry.toFixed(3)} calls per entry`)
  return {
    name: `Pushes (seed ${options.seed})`,
    lines: [
      `${options.entries} entries into ${options.companies} companies that ignore the request id, ${options.droppedPercent} % of answers dropped: ${JSON.stringify(faults)}`,
      `${standing} entries stand, ${cents} cents, ${calls} calls (${perEntry.toFixed(3)} per entry), ${Math.round((performance.now() - since) / 1_000)} s`,
    ],
    violations,
  }
}

/** Works, minute by minute of the product's clock, until nothing waits. Answers how many calls the companies got. */
async function pushEverything(product: TestApp, { say }: PushOptions): Promise<number> {
  for (let round = 1; round <= roundsMax; round++) {
    await product.drain()
    const { rows } = await product.admin.query<{ left: number }>(
      `select count(*)::int as left from pushes where state in ('queued', 'sending')`,
    )
    const left = rows[0]?.left ?? 0
    if (left === 0) break
    if (round % 10 === 0) say(`  ${left} entries wait after ${round} minutes of the product's clock`)
    await product.advance(minuteMs)
  }
  const { calls } = product.network.intuit
  return calls.count('/batch') + calls.count('/query')
}

async function makeCompany(product: TestApp, random: Random, { number, rows }: { number: number; rows: number }): Promise<Company> {
  const dana = await makeFirm(product)
  const clientId = await makeClient(product, dana)
  const realmId = await connectBooks(product, dana, clientId, `Tortured ${number}`)
  const chart = (await product.call(books.accounts, { params: { clientId } }, dana)).body.items
  const first = (type: string): string => chart.find((account) => account.type === type && account.active)?.id ?? ''
  const bankAccountId = await makeBankAccount(product, dana, clientId)
  await product.call(
    books.mapAccount,
    { params: { clientId, bankAccountId }, body: { booksAccountId: first('Bank'), mode: 'we_post' } },
    dana,
  )
  const values = Array.from({ length: rows }, () => ({
    booksAccountId: first('Expense'),
    categoryBy: 'person' as const,
    amountMinor: random.integer(-500_000, 500_000) || 1,
    date: `2026-${String(random.integer(1, 10)).padStart(2, '0')}-${String(random.integer(1, 28)).padStart(2, '0')}`,
  }))
  const ids = await makeTransactions(product, dana, { clientId, bankAccountId }, values)
  for (let from = 0; from < ids.length; from += rowsAtOnce) {
    const { body } = await product.call(review.approve, { body: { transactionIds: ids.slice(from, from + rowsAtOnce) } }, dana)
    if (body.refused.length > 0) throw new Error(`Rows could not be approved: ${body.refused[0]?.reason}`)
  }
  return { dana, clientId, realmId }
}

async function compare(product: TestApp, companies: Company[]): Promise<{ violations: string[]; standing: number; cents: number }> {
  const violations: string[] = []
  let [standing, cents] = [0, 0]
  for (const { clientId, realmId } of companies) {
    const { rows } = await product.admin.query<{ id: string; amount: number; state: string }>(
      'select id, amount_minor::float8 as amount, state from pushes where client_id = $1',
      [clientId],
    )
    const entries = product.network.intuit.entries(realmId)
    standing += entries.length
    const totals = new Map<string, number[]>()
    for (const { privateNote, totalMinor } of entries) {
      const id = /\[ledgersync ([0-9a-f-]+)\]/.exec(privateNote ?? '')?.[1] ?? 'none'
      totals.set(id, [...(totals.get(id) ?? []), totalMinor])
    }
    for (const { id, amount, state } of rows) {
      const stand = totals.get(id) ?? []
      totals.delete(id)
      cents += Math.abs(amount)
      if (state !== 'pushed') violations.push(`push ${id} is ${state}`)
      if (stand.length !== 1 || stand[0] !== Math.abs(amount)) violations.push(`push ${id} of ${amount} stands as [${stand.join(', ')}]`)
    }
    for (const [id, stand] of totals) violations.push(`${stand.length} entries of ${id} belong to no push`)
  }
  return { violations, standing, cents }
}
