import { strFromU8, unzipSync } from 'fflate'
import { erasure } from '@ledgersync/shared/erasure'
import { invites } from '@ledgersync/shared/invites'
import { linkBank, storedRows } from './bank-factories.ts'
import { makeClient, makeFirm, makeStaff, type Person } from './factories.ts'
import { startTestApp, type TestApp } from './harness.ts'
import { makeLedger, makeRule, makeTransactions } from './ledger-factories.ts'

let app: TestApp
let dana: Person
beforeAll(async () => {
  app = await startTestApp({}, { network: { plaid: { firstSyncReadyMs: 0 } } })
}, 60_000)
afterAll(() => app.close())
beforeEach(async () => {
  dana = await makeFirm(app)
})

async function download(clientId: string, as = dana): Promise<Record<string, string>> {
  const path = `/v1${erasure.export.url.replace(':clientId', clientId)}`
  const answer = await fetch(new URL(path, app.config.publicUrl), { headers: { cookie: as.cookie } })
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/zip'])
  const files = unzipSync(new Uint8Array(await answer.arrayBuffer()))
  return Object.fromEntries(Object.entries(files).map(([name, bytes]) => [name, strFromU8(bytes)]))
}
const linesOf = (text = ''): string[] => text.trimEnd().split('\r\n').slice(1)

test('everything of the client is in it, each row once over many pages, and nothing of another', async () => {
  const clientId = await makeClient(app, dana, { businessName: 'Saltgrass, "Outfitters"' })
  const other = await makeClient(app, dana, { businessName: 'Harbor Works' })
  const { account } = await makeLedger(app, dana, clientId)
  const { account: theirs } = await makeLedger(app, dana, other)
  await makeTransactions(
    app,
    dana,
    account,
    Array.from({ length: 2_345 }, (_, n) => ({ description: `ROW ${n}`, amountMinor: -100 - n })),
  )
  await makeTransactions(app, dana, theirs, [{ description: 'NOT OF THIS CLIENT' }])
  await makeRule(app, dana, 'PETRO', { clientId, name: 'Fuel stations' })
  await app.call(invites.create, { params: { clientId }, body: { channel: 'both' } }, dana)
  const files = await download(clientId)
  expect(Object.keys(files).sort()).toEqual([
    'audit-log.csv',
    'bank-accounts.csv',
    'bank-sign-ins.csv',
    'category-mappings.csv',
    'client.csv',
    'connections.csv',
    'invites.csv',
    'messages.csv',
    'quickbooks-entries.csv',
    'rules.csv',
    'statements.csv',
    'transactions.csv',
  ])
  expect(linesOf(files['client.csv'])[0]).toContain('"Saltgrass, ""Outfitters"""')
  const rows = linesOf(files['transactions.csv'])
  expect(new Set(rows.map((line) => /ROW \d+/.exec(line)?.[0])).size).toBe(2_345)
  expect(rows).toHaveLength(2_345)
  expect(rows.filter((line) => line.includes(',-23.44,USD,'))).toHaveLength(1)
  expect(linesOf(files['rules.csv'])).toEqual([expect.stringContaining('Fuel stations')])
  expect(linesOf(files['invites.csv'])).toHaveLength(1)
  expect(linesOf(files['messages.csv'])).toHaveLength(2)
  expect(Object.values(files).join()).not.toContain('NOT OF THIS CLIENT')
})

test('no link, no token and nothing sealed is in it, and that it was exported is kept', async () => {
  const clientId = await makeClient(app, dana)
  const copied = await app.call(invites.create, { params: { clientId }, body: { channel: 'copy' } }, dana)
  await app.call(invites.create, { params: { clientId }, body: { channel: 'email' } }, dana)
  const bank = await linkBank(app, dana, clientId)
  const text = Object.values(await download(clientId)).join('\n')
  expect(linesOf((await download(clientId))['transactions.csv'])).toHaveLength((await storedRows(app, bank.connectionId, true)).length)
  expect(text).toContain('[link]')
  for (const secret of [new URL(copied.body.url ?? '').pathname.split('/').at(-1) ?? '?', bank.itemId, 'access-', 'token_hash'])
    expect([secret, text.includes(secret)]).toEqual([secret, false])
  const { rows } = await app.admin.query(`select count(*)::int as n from audit_log where client_id = $1 and action = 'client.exported'`, [
    clientId,
  ])
  expect(rows[0].n).toBe(2)
})

test('what a spreadsheet would run is text in it', async () => {
  const clientId = await makeClient(app, dana, { businessName: '=HYPERLINK("https://elsewhere.example")', contactLastName: '@SUM(A1)' })
  const [line = ''] = linesOf((await download(clientId))['client.csv'])
  expect(line).toContain(`"'=HYPERLINK(""https://elsewhere.example"")"`)
  expect(line).toContain(`'@SUM(A1)`)
})

test('an employee exports nothing', async () => {
  const marcus = await makeStaff(app, dana.firmId, 'employee')
  const clientId = await makeClient(app, marcus)
  expect((await app.call(erasure.export, { params: { clientId } }, marcus)).status).toBe(403)
})
