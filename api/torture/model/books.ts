import { recodeAll } from './coding.ts'
import { type Client, companyOf, descriptionOf, type Entry, type Model, type Push, type Row, type Target } from './state.ts'

/** The account of the company that is connected now which this means; null when it means none of it. */
function accountOf(client: Client, target: Target | null): string | null {
  const company = companyOf(client)
  const meant = target === null ? null : 'category' in target ? (client.categories[target.category] ?? null) : target
  return meant !== null && meant.company === company ? meant.account : null
}

const bankAccountOf = (client: Client, row: Row): string | null =>
  accountOf(client, client.connections.find(({ bank }) => bank === row.bank)?.mapped[row.account] ?? null)

/** Whether nothing stands between a row and QuickBooks, whatever its stage. */
export function isPostable(client: Client, row: Row): boolean {
  return companyOf(client) !== null && bankAccountOf(client, row) !== null && accountOf(client, row.target) !== null
}

export const canApprove = (client: Client, row: Row): boolean => (row.stage === 'open' || row.stage === 'failed') && isPostable(client, row)

/** The entry a row becomes, as things are mapped now. */
function entryOf(client: Client, row: Row): Entry {
  const [company, account, target] = [companyOf(client), bankAccountOf(client, row), accountOf(client, row.target)]
  if (company === null || account === null || target === null) throw new Error('The model pushes a row that is not postable')
  const isCard = row.account === 1
  return {
    company,
    entity: !isCard && row.amountMinor > 0 ? 'Deposit' : 'Purchase',
    credit: isCard && row.amountMinor > 0,
    totalMinor: Math.abs(row.amountMinor),
    account,
    target,
    note: row.memo ?? descriptionOf(row),
  }
}

/** Writes the intent: from here on the entry is what it is, whatever happens to the row. */
export function push(client: Client, row: Row, batch: number): void {
  for (const old of client.pushes) if (old.row === row.key && old.state === 'failed') old.replaced = true
  const entry = entryOf(client, row)
  client.pushes.push({
    batch,
    row: row.key,
    company: entry.company,
    entry,
    amountMinor: row.amountMinor,
    state: 'queued',
    replaced: false,
  })
  row.stage = 'pushing'
}

/** Where a row goes whose entry does not stand: the bank may have changed it, or taken it back, meanwhile. */
function release(client: Client, { row: key, amountMinor }: Push, to: 'failed' | 'approved'): void {
  const row = client.rows.find((each) => each.key === key)
  if (row === undefined || (row.stage !== 'pushing' && row.stage !== 'pushed')) return
  row.stage = row.withdrawn ? 'removed' : row.amountMinor !== amountMinor ? 'open' : to
  if (row.stage === 'open') recodeAll(client)
}

/** What the jobs of a company do: first what waits goes in, then what is to be undone comes out. */
export function settleBooks(model: Model, client: Client): void {
  const company = companyOf(client)
  const here = client.pushes.filter((each) => each.company === company)
  for (const each of here.filter(({ state }) => state === 'queued')) {
    each.state = model.companies[each.company]?.closed === true ? 'failed' : 'pushed'
    const row = client.rows.find(({ key }) => key === each.row)
    if (each.state === 'failed') release(client, each, 'failed')
    else if (row?.stage === 'pushing') row.stage = 'pushed'
  }
  for (const each of here.filter(({ state }) => state === 'undoing')) {
    // A closed period holds it back
    each.state = model.companies[each.company]?.closed === true ? 'pushed' : 'undone'
    if (each.state === 'undone') release(client, each, 'approved')
  }
}

/** Every entry that must stand in QuickBooks. */
export function standing(model: Model): Entry[] {
  const own = model.clients.flatMap(({ deleted, pushes }) =>
    deleted ? [] : pushes.filter(({ state }) => state === 'pushed' || state === 'undoing').map(({ entry }) => entry),
  )
  return [...own, ...model.orphans]
}
