import { createHmac } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { credentials } from '@ledgersync/emulators/credentials'
import type { IntuitEmulator } from '@ledgersync/emulators/intuit'
import {
  type Connection,
  connect,
  createClock,
  createSdk,
  expense,
  faultOf,
  type Ids,
  sdkCall,
  startIntuit,
  usualIds,
} from './intuit-client.ts'
import { startReceiver } from './receiver.ts'

const clock = createClock()
let emulator: IntuitEmulator
let books: Connection
let ids: Ids
let receiver: Awaited<ReturnType<typeof startReceiver>>

beforeAll(async () => {
  receiver = await startReceiver((_received, index) => ({ status: index === 0 ? 500 : 200 }))
  emulator = await startIntuit({ now: clock.now, webhookUrl: `${receiver.url}/intuit` })
})
afterAll(async () => {
  await emulator.close()
  await receiver.close()
})
beforeEach(async () => {
  await emulator.settled()
  emulator.reset()
  books = await connect(emulator)
  ids = await usualIds(books)
})

const item = (bId: string, amount: unknown = 1) => ({ bId, operation: 'create', Purchase: expense(ids, amount) })

describe('requestid', () => {
  test('the same request twice is one entry and the first answer', async () => {
    const entity = () => ({ ...expense(ids, 12.5), requestId: 'push-1' })
    const first = await sdkCall((done) => books.sdk.createPurchase(entity(), done))
    clock.advance(90_000)
    const second = await sdkCall((done) => books.sdk.createPurchase(entity(), done))
    expect(second).toEqual(first)
    const other = await sdkCall((done) => books.sdk.createPurchase({ ...entity(), requestId: 'push-2' }, done))
    expect(other.Id).not.toBe(first.Id)
    expect(emulator.entries().map(({ id, createRequestCount, requestId }) => [id, createRequestCount, requestId])).toEqual([
      [first.Id, 2, 'push-1'],
      [other.Id, 1, 'push-2'],
    ])
  })

  test('belongs to one company', async () => {
    const other = await connect(emulator)
    await books.call('purchase?requestid=r', expense(ids))
    await other.call('purchase?requestid=r', expense(await usualIds(other)))
    expect(emulator.entries()).toHaveLength(2)
  })

  test('a refused request does not use it up', async () => {
    expect((await books.call('purchase?requestid=r', expense(ids, 0))).status).toBe(400)
    expect((await books.call('purchase?requestid=r', expense(ids, 1))).status).toBe(200)
  })

  test('by option a refusal is the answer for ever', async () => {
    const server = await startIntuit({ now: clock.now, replayFaults: true })
    const connection = await connect(server)
    const first = await connection.call('purchase?requestid=r', expense(ids, 0))
    clock.advance(1000)
    const second = await connection.call('purchase?requestid=r', expense(ids, 1))
    expect([second.status, second.body]).toEqual([400, first.body])
    expect(server.entries()).toHaveLength(0)
    await server.close()
  })

  test('is at most 50 characters, 36 for a batch', async () => {
    const code = async (path: string, body: object) => faultOf((await books.call(path, body)).body).code
    expect(await code(`purchase?requestid=${'r'.repeat(51)}`, expense(ids))).toBe('2050')
    expect(await code(`batch?requestid=${'r'.repeat(37)}`, { BatchItemRequest: [item('1')] })).toBe('2050')
    expect(emulator.entries()).toHaveLength(0)
  })

  test('a batch is the same with the same requestid and bIds, and another one with other bIds', async () => {
    const send = (bIds: string[]) => books.call('batch?requestid=b', { BatchItemRequest: bIds.map((bId) => item(bId)) })
    const first = await send(['1', '2'])
    expect((await send(['1', '2'])).body).toEqual(first.body)
    expect(emulator.entries()).toHaveLength(2)
    await send(['3'])
    expect(emulator.entries()).toHaveLength(3)
  })

  test('a lost answer is found again: the cut call was booked, its repeat is not', async () => {
    emulator.intercept((call) => {
      expect(call).toMatchObject({
        operation: 'POST /v3/company/:realmId/purchase',
        path: `/v3/company/${books.realmId}/purchase`,
        query: { requestid: 'cut' },
      })
      return ['cut_after']
    })
    await expect(books.call('purchase?requestid=cut', expense(ids, 3))).rejects.toThrow()
    emulator.intercept(null)
    expect((await books.call('purchase?requestid=cut', expense(ids, 3))).status).toBe(200)
    expect(emulator.entries()).toMatchObject([{ totalMinor: 300, createRequestCount: 2 }])
    expect(emulator.calls.list('/purchase').map(({ status }) => status)).toEqual([0, 200])
  })

  test('an interceptor can keep a call from the books, and make them forget the requestid', async () => {
    emulator.intercept(() => ['cut_before'])
    await expect(books.call('purchase?requestid=x', expense(ids))).rejects.toThrow()
    expect(emulator.entries()).toHaveLength(0)
    emulator.intercept(() => ['requestid_ignored'])
    for (let index = 0; index < 2; index++) await books.call('purchase?requestid=x', expense(ids))
    expect(emulator.entries()).toHaveLength(2)
  })
})

describe('batch', () => {
  test('items stand alone: a bad one answers its Fault, the others are booked', async () => {
    const query = { bId: 'q', Query: 'select count(*) from Purchase' }
    const answer = await sdkCall((done) =>
      books.sdk.batch([item('a', 1.1), item('b', -1), query, { bId: 'd', operation: 'create', Invoice: {} }], done),
    )
    const [a, b, q, d] = answer.BatchItemResponse
    expect(a).toMatchObject({ bId: 'a', Purchase: { TotalAmt: 1.1 } })
    expect([b.bId, faultOf(b).code]).toEqual(['b', '6000'])
    expect(q).toEqual({ bId: 'q', QueryResponse: { totalCount: 1 } })
    expect(faultOf(d).code).toBe('500')
    const undo = [{ bId: 'x', operation: 'delete', Purchase: { Id: a.Purchase.Id, SyncToken: '0' } }]
    const undone = await sdkCall((done) => books.sdk.batch(undo, done))
    expect(undone.BatchItemResponse).toEqual([{ bId: 'x', Purchase: { status: 'Deleted', domain: 'QBO', Id: a.Purchase.Id } }])
    expect(emulator.entries()).toHaveLength(0)
  })

  test('takes 30 items, not 31, each with a bId of its own of at most 10 characters', async () => {
    const send = async (items: object[]) => (await books.call('batch', { BatchItemRequest: items })).status
    const items = (count: number) => Array.from({ length: count }, (_unused, index) => item(String(index)))
    expect(await send(items(31))).toBe(400)
    expect(await send([item('1'), item('1')])).toBe(400)
    expect(await send([item('12345678901')])).toBe(400)
    expect(emulator.entries()).toHaveLength(0)
    expect(await send(items(30))).toBe(200)
    expect(emulator.entries()).toHaveLength(30)
  })
})

describe('throttling', () => {
  const limited = async (options: object) => {
    const server = await startIntuit({ now: clock.now, ...options })
    return { server, connection: await connect(server) }
  }

  test('the request after the limit is 429 with 3001, and a minute later it passes', async () => {
    const { server, connection } = await limited({ requestsPerMinuteMax: 3 })
    const other = await connect(server)
    for (let index = 0; index < 3; index++) expect((await connection.call('preferences')).status).toBe(200)
    const refused = await connection.call('preferences')
    expect([refused.status, faultOf(refused.body).code]).toEqual([429, '3001'])
    expect((await other.call('preferences')).status).toBe(200)
    clock.advance(60_000)
    expect((await connection.call('preferences')).status).toBe(200)
    await server.close()
  })

  test('batches have a limit of their own', async () => {
    const { server, connection } = await limited({ batchesPerMinuteMax: 1 })
    const send = async () => (await connection.call('batch', { BatchItemRequest: [{ bId: '1', Query: 'select * from Account' }] })).status
    expect([await send(), await send(), (await connection.call('preferences')).status]).toEqual([200, 429, 200])
    await server.close()
  })

  test('ten requests in any second pass, unless the limit is another, and the eleventh waits for the next', async () => {
    const { server, connection } = await limited({ requestsPerSecondMax: undefined })
    for (let index = 0; index < 10; index++) {
      expect((await connection.call('preferences')).status).toBe(200)
      clock.advance(90)
    }
    expect((await connection.call('preferences')).status).toBe(429)
    clock.advance(100)
    expect((await connection.call('preferences')).status).toBe(200)
    await server.close()
  })

  test('ten in flight are let in, the eleventh is refused, and later ones pass again', async () => {
    const { server, connection } = await limited({})
    let release = (): void => undefined
    const gate = new Promise<void>((resolve) => {
      release = resolve
    })
    let entered = 0
    server.intercept(async () => {
      entered += 1
      await gate
      return null
    })
    const ten = Array.from({ length: 10 }, () => connection.call('preferences'))
    while (entered < 10) await new Promise((resolve) => setTimeout(resolve, 5))
    expect((await connection.call('preferences')).status).toBe(429)
    release()
    expect((await Promise.all(ten)).map(({ status }) => status)).toEqual(Array(10).fill(200))
    expect((await connection.call('preferences')).status).toBe(200)
    await server.close()
  })

  test('a limit per second is there by option', async () => {
    const { server, connection } = await limited({ requestsPerSecondMax: 2 })
    const ask = async () => (await connection.call('preferences')).status
    expect([await ask(), await ask(), await ask()]).toEqual([200, 200, 429])
    clock.advance(1000)
    expect(await ask()).toBe(200)
    await server.close()
  })
})

describe('webhooks', () => {
  test('a change is told, signed over the exact bytes, again after a failure', async () => {
    receiver.received.length = 0
    const saved = (await books.call('purchase', expense(ids))).body.Purchase
    await emulator.settled()
    expect(receiver.received.length).toBeGreaterThanOrEqual(2)
    for (const { body, headers } of receiver.received) {
      const expected = createHmac('sha256', credentials.intuit.webhookVerifierToken).update(body).digest('base64')
      expect(headers['intuit-signature']).toBe(expected)
    }
    expect(JSON.parse(receiver.received.at(-1)?.body ?? '')).toMatchObject([
      { specversion: '1.0', type: 'qbo.purchase.created.v1', intuitentityid: saved.Id, intuitaccountid: books.realmId, data: {} },
    ])
  })

  test('a batch is one notice, in the older form by option; a replay and a card payment are none', async () => {
    const server = await startIntuit({ now: clock.now, webhookUrl: `${receiver.url}/old`, webhookFormat: 'legacy' })
    const connection = await connect(server)
    receiver.received.length = 0
    receiver.received.push({ url: '', headers: {}, body: '' })
    const send = () => connection.call('batch?requestid=1', { BatchItemRequest: [item('1'), item('2')] })
    await send()
    await send()
    await connection.call('creditcardpayment', {
      BankAccountRef: { value: ids.checking },
      CreditCardAccountRef: { value: ids.card },
      Amount: 1,
    })
    await server.settled()
    const [, ...notices] = receiver.received
    expect(notices).toHaveLength(1)
    const [entry] = server.entries()
    expect(JSON.parse(notices[0]?.body ?? '')).toMatchObject({
      eventNotifications: [
        {
          realmId: connection.realmId,
          dataChangeEvent: { entities: [{ name: 'Purchase', id: entry?.id, operation: 'Create' }, { name: 'Purchase' }] },
        },
      ],
    })
    await server.close()
  })
})

test('books, tokens and answered requestids survive a restart', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'intuit-'))
  try {
    const before = await startIntuit({ now: clock.now, dataDir })
    const connection = await connect(before)
    const first = await connection.call('purchase?requestid=kept', expense(ids, 8.88))
    await before.close()
    const after = await startIntuit({ now: clock.now, dataDir })
    const sdk = createSdk(after, connection.realmId, { access: connection.accessToken, refresh: connection.refreshToken })
    const repeated = await sdkCall((done) => sdk.createPurchase({ ...expense(ids, 8.88), requestId: 'kept' }, done))
    expect(repeated).toEqual(first.body.Purchase)
    expect(after.entries()).toMatchObject([{ totalMinor: 888, createRequestCount: 2 }])
    after.reset()
    expect(after.entries()).toHaveLength(0)
    await after.close()
    const fresh = await startIntuit({ now: clock.now, dataDir })
    expect(fresh.entries()).toHaveLength(0)
    await fresh.close()
  } finally {
    rmSync(dataDir, { recursive: true, force: true })
  }
})
