import { type LocalNetwork, startLocalNetwork } from '@ledgersync/emulators/local'
import { Products, type PlaidApi } from 'plaid'
import { type Connection, connect, expense, faultOf, type Ids, postToken, usualIds } from './intuit-client.ts'
import { byId, Copy, errorOf, plaidClient } from './plaid-client.ts'
import { startReceiver } from './receiver.ts'

let network: LocalNetwork
beforeAll(async () => {
  network = await startLocalNetwork({ plaid: { firstSyncReadyMs: 0, syncPageMax: 30 } })
})
afterAll(() => network.close())
beforeEach(() => network.reset())

async function openItem(client: PlaidApi, webhook?: string) {
  const created = await client.sandboxPublicTokenCreate({
    institution_id: 'ins_109508',
    initial_products: [Products.Transactions],
    ...(webhook === undefined ? {} : { options: { webhook } }),
  })
  const { data } = await client.itemPublicTokenExchange({ public_token: created.data.public_token })
  return { itemId: data.item_id, accessToken: data.access_token }
}

describe('Plaid', () => {
  test('mutation: rows really change between two pages, and after three times a paging comes to its end', async () => {
    const client = plaidClient(network.plaid.url)
    const { itemId, accessToken } = await openItem(client)
    network.plaid.act(itemId, { seed: 1, steps: 150, rowsMax: 500 })
    const before = byId(network.plaid.transactions(itemId))
    network.setFaults({ seed: 2, rates: { mutation: 100 } })
    const copy = new Copy()
    for (let round = 0; round < 3; round++) {
      const error = await errorOf(copy.sync(client, accessToken))
      expect([error.status, error.body.error_code]).toEqual([400, 'TRANSACTIONS_SYNC_MUTATION_DURING_PAGINATION'])
      expect(copy.cursor).toBeUndefined()
    }
    await copy.sync(client, accessToken)
    const after = byId(network.plaid.transactions(itemId))
    expect(byId(copy.rows.values())).toEqual(after)
    expect(after).not.toEqual(before)
    expect(network.faults().plaid).toEqual({ mutation: 3 })
    network.plaid.act(itemId, { seed: 1, steps: 80, rowsMax: 500 })
    expect((await errorOf(copy.sync(client, accessToken))).body.error_code).toBe('TRANSACTIONS_SYNC_MUTATION_DURING_PAGINATION')
  })

  test('unauthorized: the login is really broken, and mends by itself with the webhooks of both', async () => {
    const receiver = await startReceiver(() => ({ status: 200 }))
    const client = plaidClient(network.plaid.url)
    const { accessToken } = await openItem(client, receiver.url)
    network.setFaults({ seed: 1, rates: { unauthorized: 100 }, holdMsMax: 30 })
    const error = await errorOf(client.transactionsSync({ access_token: accessToken }))
    expect(error.body).toMatchObject({ error_type: 'ITEM_ERROR', error_code: 'ITEM_LOGIN_REQUIRED' })
    expect(network.plaid.items()).toMatchObject([{ status: 'login_required' }])
    await network.settled()
    expect(network.plaid.items()).toMatchObject([{ status: 'healthy' }])
    const codes = receiver.received.map((one): string => JSON.parse(one.body).webhook_code)
    expect(codes.filter((code) => ['ERROR', 'LOGIN_REPAIRED'].includes(code))).toEqual(['ERROR', 'LOGIN_REPAIRED'])
    // What needs no bank is never refused for it
    expect((await client.itemGet({ access_token: accessToken })).status).toBe(200)
    expect(network.faults().plaid).toEqual({ unauthorized: 1 })
    await receiver.close()
  })
})

describe('Intuit', () => {
  let books: Connection
  let ids: Ids
  beforeEach(async () => {
    books = await connect(network.intuit)
    ids = await usualIds(books)
  })
  const item = (bId: string) => ({ bId, operation: 'create', Purchase: expense(ids, 1 + Number(bId)) })
  const batch = (count: number) => ({ BatchItemRequest: Array.from({ length: count }, (_, index) => item(String(index))) })

  test('batch_item_failed: some items meet a passing fault, the others stand in the books', async () => {
    network.setFaults({ seed: 3, rates: { batch_item_failed: 100 } })
    const { status, body } = await books.call('batch', batch(12))
    // The answer's items, each an entry or a fault
    const answers = body.BatchItemResponse as { bId: string; Purchase?: object; Fault?: object }[]
    const failed = answers.filter(({ Fault: fault }) => fault !== undefined)
    expect([status, answers.length]).toEqual([200, 12])
    expect(failed.length).toBeGreaterThan(0)
    expect(failed.length).toBeLessThan(12)
    for (const answer of failed) expect([faultOf(answer).code, answer.Purchase]).toEqual(['10000', undefined])
    const done = answers.filter(({ Purchase: purchase }) => purchase !== undefined).map(({ bId }) => 100 * (1 + Number(bId)))
    const booked = network.intuit.entries().map(({ totalMinor }) => totalMinor)
    expect(booked.sort((a, b) => a - b)).toEqual(done.sort((a, b) => a - b))
    expect(network.faults().intuit).toEqual({ batch_item_failed: 1 })
  })

  test('batch_item_failed: an only item is done', async () => {
    network.setFaults({ seed: 3, rates: { batch_item_failed: 100 } })
    expect((await books.call('batch', batch(1))).body.BatchItemResponse[0].Purchase).toBeDefined()
    expect(network.faults().intuit).toEqual({})
  })

  test('requestid_ignored: the same request twice is two entries, also when an answer is cut', async () => {
    network.setFaults({ seed: 3, rates: { requestid_ignored: 100 } })
    for (let index = 0; index < 2; index++) await books.call('purchase?requestid=r', expense(ids))
    expect([network.intuit.entries().length, network.faults().intuit]).toEqual([2, { requestid_ignored: 2 }])
    network.setFaults({ seed: 3, rates: { requestid_ignored: 100, cut_after: 100 } })
    await expect(books.call('batch?requestid=b', batch(2))).rejects.toThrow()
    expect([network.intuit.entries().length, network.faults().intuit]).toEqual([4, { requestid_ignored: 1, cut_after: 1 }])
  })

  test('refresh_race: the token that was sent is dead at once, and the new one always arrives', async () => {
    network.setFaults({ seed: 3, rates: { refresh_race: 100, cut_after: 50, half_body: 50 } })
    const refresh = (token: string) => postToken(network.intuit, { grant_type: 'refresh_token', refresh_token: token })
    const first = await refresh(books.refreshToken)
    expect([first.status, first.body.refresh_token === books.refreshToken]).toEqual([200, false])
    const second = await refresh(books.refreshToken)
    expect([second.status, second.body.error]).toEqual([400, 'invalid_grant'])
    expect((await refresh(first.body.refresh_token)).status).toBe(200)
    expect(network.faults().intuit).toEqual({ refresh_race: 3 })
  })

  test('refresh_race: only by its own rate, for a client that dies in the middle could not survive it', async () => {
    network.setFaults({ seed: 3, percent: 100, slowMsMax: 1 })
    for (let index = 0; index < 12; index++) {
      await postToken(network.intuit, { grant_type: 'refresh_token', refresh_token: books.refreshToken }).catch(() => null)
    }
    expect(Object.keys(network.faults().intuit).length).toBeGreaterThan(2)
    expect(network.faults().intuit).not.toHaveProperty('refresh_race')
    network.setFaults(null)
    expect((await postToken(network.intuit, { grant_type: 'refresh_token', refresh_token: books.refreshToken })).status).toBe(200)
  })

  test('unauthorized: the token has really ended, and a refreshed one works', async () => {
    network.setFaults({ seed: 3, rates: { unauthorized: 100 } })
    expect((await books.call('preferences')).status).toBe(401)
    network.setFaults(null)
    const { status, body } = await books.call('preferences')
    expect([status, body.fault.error[0].detail]).toEqual([401, 'Token expired'])
    const { body: tokens } = await postToken(network.intuit, { grant_type: 'refresh_token', refresh_token: books.refreshToken })
    const headers = { authorization: `Bearer ${tokens.access_token}` }
    expect((await fetch(`${network.intuit.url}/v3/company/${books.realmId}/preferences`, { headers })).status).toBe(200)
  })
})
