import diagnostics from 'node:diagnostics_channel'
import type { Socket } from 'node:net'
import { books } from '@ledgersync/shared/books'
import { clients } from '@ledgersync/shared/clients'
import { connections } from '@ledgersync/shared/connections'
import { firms } from '@ledgersync/shared/firms'
import { invites } from '@ledgersync/shared/invites'
import { pushes } from '@ledgersync/shared/pushes'
import { review } from '@ledgersync/shared/review'
import { customAccount, customUser, linkBank } from '../bank-factories.ts'
import { connectBooks } from '../books-factories.ts'
import { makeClient, makeFirm, type Person } from '../factories.ts'
import { startTestApp, type TestApp } from '../harness.ts'
import { ask } from './kit.ts'

/** Every connection that anything in this process opens, by the port it goes to, and every name that is looked up for one. */
const ports = new Set<number>()
const names = new Set<string>()
const watch = (message: unknown): void => {
  // The channel of node:net carries the socket that is being opened
  const { socket } = message as { socket: Socket }
  socket.once('connectionAttempt', (ip: string, port: number) => {
    ports.add(port)
    if (!['127.0.0.1', '::1'].includes(ip)) names.add(ip)
  })
  socket.once('lookup', (_error: unknown, _address: unknown, _family: unknown, host: string) => names.add(host))
}
diagnostics.subscribe('net.client.socket', watch)

let product: TestApp
beforeAll(async () => {
  product = await startTestApp({ QUIET_HOURS: 'off' })
})
afterAll(async () => {
  diagnostics.unsubscribe('net.client.socket', watch)
  await product.close()
})

const evil = 'http://evil.example:8099/x'

test('whatever people, banks and callers write, the product calls the configured providers and nobody else', async () => {
  const { call } = product
  const dana = await makeFirm(product, `Books at ${evil}`)
  const { firmId } = dana
  await call(firms.update, { body: { name: `Office ${evil}` } }, dana)
  const clientId = await makeClient(product, dana, {
    businessName: `Shop ${evil}`,
    contactFirstName: evil,
    email: 'nora@evil.example',
    username: evil,
  })
  await call(clients.update, { params: { clientId }, body: { contactLastName: evil } }, dana)
  await call(clients.addBank, { params: { clientId }, body: { institutionId: evil, name: evil, routingNumber: '021000021' } }, dana)
  await call(clients.searchInstitutions, { query: { query: evil } }, dana)
  await call(invites.create, { params: { clientId }, body: { channel: 'both' } }, dana)
  await product.drain()

  const copied = await call(invites.create, { params: { clientId }, body: { channel: 'copy' } }, dana)
  const headers = {
    origin: product.config.publicUrl,
    host: 'evil.example:8099',
    'x-forwarded-host': 'evil.example:8099',
    referer: evil,
    forwarded: 'host=evil.example',
  }
  const tapped = await ask(product, `${new URL(copied.body.url ?? '').pathname}/connect`, { method: 'POST', headers })
  expect([tapped.status, tapped.headers.location?.startsWith(product.config.plaid.hostedLinkOrigin)]).toEqual([303, true])

  const rows = [{ amount: 12.5, description: `PAYMENT ${evil}` }]
  await linkBank(
    product,
    dana,
    clientId,
    customUser(customAccount({ type: 'depository', subtype: 'checking', starting_balance: 100 }, rows)),
  )
  await call(connections.sync, { params: { clientId } }, dana)
  for (const realmId of [evil, '1/../../evil', '//evil.example', '9341300000001@evil.example']) {
    const state = new URLSearchParams({ state: 'x', code: evil, realmId }).toString()
    await product.request().get(`/v1/books/callback?${state}`).set('Cookie', dana.cookie)
  }
  await connectBooks(product, dana, clientId, `Company ${evil}`)
  await pushAll(dana, clientId)
  for (const path of ['plaid', 'intuit', 'sendgrid', 'twilio/status', 'twilio/inbound']) {
    const body = JSON.stringify({ new_webhook_url: evil, url: evil, firmId })
    await ask(product, `/v1/webhooks/${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
  }
  expect(await product.drain()).toEqual([])
  expect(product.network.intuit.entries()).not.toEqual([])

  const urls = Object.values(product.network.env).filter((value) => URL.canParse(value) && value.startsWith('http'))
  const expected = new Set([...urls, product.config.publicUrl, product.config.databaseUrl].map((url) => Number(new URL(url).port)))
  expect([...ports].filter((port) => !expected.has(port))).toEqual([])
  expect([...names].filter((name) => name !== 'localhost' && name !== '127.0.0.1')).toEqual([])
  expect(ports.size).toBeGreaterThan(4)
}, 60_000)

async function pushAll(dana: Person, clientId: string): Promise<void> {
  const { call } = product
  const accounts = (await call(books.accounts, { params: { clientId } }, dana)).body.items
  const first = (type: string): string => accounts.find((account) => account.type === type && account.active)?.id ?? ''
  const [bank] = (await call(connections.listOfClient, { params: { clientId } }, dana)).body.items
  for (const { id: bankAccountId } of bank?.accounts ?? []) {
    const mapping = { params: { clientId, bankAccountId }, body: { booksAccountId: first('Bank'), mode: 'we_post' } } as const
    expect((await call(books.mapAccount, mapping, dana)).status).toBe(200)
  }
  const transactionIds = (await call(review.list, { query: { clientId } }, dana)).body.items.map(({ id }) => id)
  for (const transactionId of transactionIds)
    await call(review.code, { params: { transactionId }, body: { booksAccountId: first('Expense'), memo: evil } }, dana)
  await call(review.approve, { body: { transactionIds } }, dana)
  const pushed = await call(pushes.create, { body: { transactionIds } }, dana)
  expect([transactionIds.length > 0, pushed.status]).toEqual([true, 201])
  await product.drain()
}
