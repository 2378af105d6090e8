import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { auth } from '@ledgersync/shared/auth'
import { books } from '@ledgersync/shared/books'
import { clients } from '@ledgersync/shared/clients'
import { connections } from '@ledgersync/shared/connections'
import { erasure } from '@ledgersync/shared/erasure'
import { groups } from '@ledgersync/shared/groups'
import { pushes } from '@ledgersync/shared/pushes'
import { rules } from '@ledgersync/shared/rules'
import { demoSignIn, seedDemo } from '../../dev/demo.mjs'
import { clients as demoClients } from '../../dev/demo-data.mjs'
import { type Browser, startTestApp, type TestApp } from '../harness.ts'

jest.setTimeout(180_000)

const folder = mkdtempSync(join(tmpdir(), 'ledgersync-demo-'))
const markFile = join(folder, 'demo.json')
const realFetch = globalThis.fetch
let product: TestApp

beforeAll(async () => void (product = await startTestApp({}, { work: true })))
afterEach(() => void (globalThis.fetch = realFetch))
afterAll(async () => {
  await product.close()
  rmSync(folder, { recursive: true, force: true })
})

const settings = () => ({
  ...product.network.env,
  PUBLIC_URL: product.config.publicUrl,
  DATABASE_OWNER_URL: product.config.databaseOwnerUrl,
})
const seed = () => seedDemo(settings(), markFile)

/** The launcher dies at that write: before it is sent, or when it is done and the answer was not heard. */
function dieAtWrite(nth: number, heard: 'unsent' | 'unheard'): { writes: number } {
  const seen = { writes: 0 }
  globalThis.fetch = async (input, init) => {
    // The product and the emulators are in this process, too: what they send is not the launcher's
    const url = input instanceof Request ? input.url : String(input)
    const writes = init?.method !== undefined && init.method !== 'GET' && /\/_emulator\/|\/v1\/(?!webhooks)/.test(url)
    if (writes) seen.writes += 1
    const dies = writes && seen.writes === nth
    if (dies && heard === 'unsent') throw new Error('killed')
    const response = await realFetch(input, init)
    if (dies) throw new Error('killed')
    return response
  }
  return seen
}

test('a demo that is interrupted again and again is completed, each thing once, and then left alone', async () => {
  let died = 0
  for (let nth = 1; ; nth += 1) {
    dieAtWrite(nth, nth % 2 === 0 ? 'unsent' : 'unheard')
    const how = await seed().catch((error: Error) => error.message)
    if (how === 'completed') break
    expect(how).toBe('killed')
    died += 1
  }
  expect(died).toBeGreaterThan(8)

  const dana = await signIn()
  const list = async () => (await product.call(clients.list, { query: { limit: 200 } }, dana)).body.items
  expect((await list()).map(({ businessName }) => businessName).sort()).toEqual(demoClients.map(({ businessName }) => businessName).sort())
  expect((await product.call(groups.list, {}, dana)).body.items).toHaveLength(3)
  for (const client of await list()) {
    const wanted = demoClients.find(({ businessName }) => businessName === client.businessName)
    expect(await contentsOf(client.id, dana)).toEqual({
      accounts: wanted?.connect?.accounts.length ?? 0,
      company: wanted?.company ?? null,
      unmapped: 0,
      rules: wanted?.rules?.length ?? 0,
      pushed: wanted?.approve === true ? [5] : [],
    })
    expect(client.invite !== null).toBe(wanted?.invite !== undefined)
  }

  const [gone] = await list()
  await product.call(erasure.remove, { params: { clientId: gone?.id ?? '' }, body: { businessName: gone?.businessName ?? '' } }, dana)
  const seen = dieAtWrite(0, 'unsent')
  expect(await seed()).toBe('there')
  expect(seen.writes).toBe(0)
  expect(await list()).toHaveLength(demoClients.length - 1)
})

async function signIn(): Promise<Browser> {
  const { status, body, cookie } = await product.call(auth.signIn, { body: { username: demoSignIn.email, password: demoSignIn.password } })
  expect([status, body.staff.emailVerified]).toEqual([200, true])
  return { cookie }
}

async function contentsOf(clientId: string, dana: Browser): Promise<object> {
  const params = { clientId }
  const connected = (await product.call(connections.listOfClient, { params }, dana)).body.items
  const mapping = (await product.call(books.mapping, { params }, dana)).body
  const batches = (await product.call(pushes.list, { query: { clientId } }, dana)).body.items
  expect(connected.length).toBeLessThanOrEqual(1)
  const company = (await product.call(books.get, { params }, dana)).body.books?.companyName ?? null
  return {
    accounts: connected.flatMap(({ accounts }) => accounts).length,
    company,
    unmapped: company === null ? 0 : mapping.accounts.filter(({ booksAccountId }) => booksAccountId === null).length,
    rules: (await product.call(rules.list, { params }, dana)).body.items.length,
    pushed: batches.map(({ count }) => count),
  }
}
