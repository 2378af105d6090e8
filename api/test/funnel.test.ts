import { clients } from '@ledgersync/shared/clients'
import { dashboard } from '@ledgersync/shared/dashboard'
import type { Input, Output } from '@ledgersync/shared/endpoint'
import { funnel, type Tally } from '@ledgersync/shared/funnel'
import { invites } from '@ledgersync/shared/invites'
import { newId } from '../src/core/ids.ts'
import { withFirm } from '../src/db/client.ts'
import { wantedBanksTable } from '../src/db/schema/clients.ts'
import { tasks } from '../src/tasks.ts'
import { newestVisit, signInAtBank } from './bank-factories.ts'
import { makeClient, makeFirm, makeGroup, makeStaff, type Person } from './factories.ts'
import { type Answer, startTestApp, type TestApp } from './harness.ts'
import { hourMs, messageKit } from './message-kit.ts'

let product: TestApp
let dana: Person
beforeAll(async () => {
  product = await startTestApp()
}, 60_000)
afterAll(() => product.close())
beforeEach(async () => {
  dana = await makeFirm(product)
})
const {
  later,
  invite: inviteBy,
  zoneAt,
} = messageKit(
  () => product,
  () => dana,
)

/** The client's page: the tap on a bank, as a form posts it. Answers the address of the bank's sign-in. */
async function tapBank(path: string, bankId = ''): Promise<string> {
  const tapped = await product.request().post(`${path}/connect`).set('origin', product.config.publicUrl).type('form').send({ bankId })
  expect(tapped.status).toBe(303)
  return tapped.headers.location ?? ''
}

/** Buttons of the bank's pages, pressed one after the other; one that does not work out stays where it was. */
async function press(page: string, ...forms: [action: string, fields?: Record<string, string>][]): Promise<void> {
  await fetch(page)
  for (const [action, fields = {}] of forms)
    await fetch(`${page}/${action}`, { method: 'POST', body: new URLSearchParams(fields), redirect: 'manual' })
}
const choose = (bank = 'ins_900101'): [string, Record<string, string>] => ['institution', { institution_id: bank }]
const signIn = (password: string): [string, Record<string, string>] => ['credentials', { username: 'user_good', password }]

async function copyLink(clientId: string): Promise<string> {
  const { status, body } = await product.call(invites.create, { params: { clientId }, body: { channel: 'copy' } }, dana)
  if (status !== 201 || body.url === null) throw new Error(`The invite was answered ${status}`)
  return new URL(body.url).pathname
}
/** A client that has a link and has gone on to the bank's sign-in. */
async function atTheBank(overrides: Parameters<typeof makeClient>[2] = {}): Promise<{ clientId: string; page: string }> {
  const clientId = await makeClient(product, dana, overrides)
  return { clientId, page: await tapBank(await copyLink(clientId)) }
}

const read = async (query: Input<typeof funnel.get>['query'] = {}, as = dana) => (await product.call(funnel.get, { query }, as)).body
const list = async (query: Input<typeof funnel.list>['query'], as = dana) => (await product.call(funnel.list, { query }, as)).body.items
const nextOf = async (clientId: string) => (await product.call(funnel.nextStep, { params: { clientId } }, dana)).body.next
const counts = (tally: Tally): number[] => tally.map(({ count }) => count)
const reasons = (tally: Tally) => Object.fromEntries(tally.flatMap(({ stopped }) => stopped.map(({ reason, count }) => [reason, count])))
const visitOf = async (clientId: string) =>
  (
    await product.admin.query('select step, bank_name, trouble, error_code, exit_status from link_sessions where client_id = $1', [
      clientId,
    ])
  ).rows[0]

describe('a visit to the bank that leads to nothing', () => {
  test.each([
    {
      name: 'a wrong password',
      forms: [choose(), signIn('wrong'), ['exit']],
      stored: {
        step: 'credentials_given',
        trouble: 'wrong_credentials',
        error_code: 'INVALID_CREDENTIALS',
        exit_status: 'requires_credentials',
      },
      step: 'bank_chosen',
      reason: 'wrong_credentials',
      best: 'call',
    },
    {
      name: 'a security code that is not typed',
      forms: [choose(), signIn('wrong'), signIn('mfa_device'), ['exit']],
      stored: { step: 'code_asked', exit_status: 'requires_code' },
      step: 'bank_chosen',
      reason: 'code_not_finished',
      best: 'call',
    },
    {
      name: 'a wrong security code',
      forms: [choose(), signIn('mfa_device'), ['mfa', { answer0: '9999' }], ['exit']],
      stored: { step: 'code_given', trouble: 'code', error_code: 'INVALID_MFA' },
      step: 'bank_chosen',
      reason: 'code_not_finished',
      best: 'call',
    },
    {
      name: 'a bank that is down',
      forms: [choose(), signIn('error_INSTITUTION_DOWN'), ['exit']],
      stored: { step: 'credentials_given', trouble: 'bank_down', error_code: 'INSTITUTION_DOWN' },
      step: 'bank_chosen',
      reason: 'bank_down',
      best: 'wait',
    },
    {
      name: 'leaving before the password',
      forms: [choose(), ['exit']],
      stored: { step: 'bank_chosen', trouble: null, exit_status: 'requires_credentials' },
      step: 'bank_chosen',
      reason: 'left_before_sign_in',
      best: 'call',
    },
    {
      name: 'leaving the list of banks',
      forms: [['exit']],
      stored: { step: 'opened', trouble: null, exit_status: 'requires_credentials' },
      step: 'started',
      reason: 'left_bank_list',
      best: 'choose_bank',
    },
  ] as const)('by $name: the step, the reason and what helps', async ({ forms, stored, step, reason, best }) => {
    const { clientId, page } = await atTheBank()
    await press(page, ...(forms as unknown as Parameters<typeof press>[1][]))
    expect(await product.drain()).toEqual([])
    expect(await visitOf(clientId)).toMatchObject(stored)
    expect(await list({})).toMatchObject([{ clientId, step, reason }])
    const { total } = await read()
    expect(reasons(total)).toEqual({ [reason]: 1 })
    expect(await nextOf(clientId)).toMatchObject({ reason, best, bankName: step === 'started' ? null : 'First Meridian Bank' })
  })

  test('by a search without result: the bank is chosen for them', async () => {
    const { clientId, page } = await atTheBank()
    await fetch(page)
    await fetch(`${page}?query=${encodeURIComponent('bank of nowhere')}`)
    await press(page, ['exit'])
    await product.drain()
    expect(await visitOf(clientId)).toMatchObject({ step: 'opened', trouble: 'bank_not_found', bank_name: null })
    expect(await nextOf(clientId)).toMatchObject({ reason: 'bank_not_found', best: 'choose_bank' })
    // What a person typed is kept nowhere
    const { rows } = await product.admin.query<{ all: string }>(
      "select coalesce((select json_agg(s)::text from link_sessions s), '') || coalesce((select json_agg(w.payload)::text from webhook_inbox w), '') as all",
    )
    expect(rows[0]?.all).not.toContain('nowhere')
  })

  test('by closing the page: what is told ten minutes later is enough', async () => {
    const { clientId, page } = await atTheBank()
    await press(page, choose(), signIn('mfa_device'))
    const { linkToken } = await newestVisit(product, dana, clientId)
    await product.network.plaid.abandonLink(linkToken)
    await product.drain()
    expect(await visitOf(clientId)).toMatchObject({ step: 'code_asked', exit_status: null })
    expect(await list({})).toMatchObject([{ reason: 'code_not_finished' }])
  })
})

test('lost webhooks lose nothing: whoever looks at the visit reads the same', async () => {
  const { clientId, page } = await atTheBank()
  await press(page, choose(), signIn('wrong'), ['exit'])
  await product.network.settled()
  // As if none had come
  await product.admin.query('delete from webhook_inbox')
  await product.admin.query("delete from graphile_worker._private_jobs where key like 'handle_webhook%'")
  expect(await visitOf(clientId)).toMatchObject({ step: null, trouble: null })
  await product.advance(60_000)
  await product.drain()
  expect(await visitOf(clientId)).toMatchObject({
    step: 'credentials_given',
    trouble: 'wrong_credentials',
    bank_name: 'First Meridian Bank',
  })
  expect(await nextOf(clientId)).toMatchObject({ reason: 'wrong_credentials' })
})

test('a visit that went wrong and then well is connected, and its events told once more change nothing', async () => {
  const { clientId, page } = await atTheBank()
  await press(page, choose(), signIn('wrong'))
  await signInAtBank(product, dana, clientId)
  await product.network.settled()
  const told = await product.admin.query<{ id: string; payload: unknown }>(
    "select id, payload from webhook_inbox where payload ->> 'kind' = 'visit'",
  )
  expect(told.rows.length).toBeGreaterThan(0)
  expect(await product.drain()).toEqual([])
  const stored = async () =>
    (
      await product.admin.query('select step, step_at, bank_name, trouble, exit_at, state from link_sessions where client_id = $1', [
        clientId,
      ])
    ).rows
  const before = await stored()
  expect(before).toMatchObject([{ step: 'accounts_shown', state: 'done', bank_name: 'First Meridian Bank' }])
  for (const { id, payload } of told.rows.reverse()) {
    await product.admin.query('update webhook_inbox set handled_at = null, payload = $2 where id = $1', [id, JSON.stringify(payload)])
    await tasks.handle_webhook(product.deps, { webhookId: id })
  }
  expect(await stored()).toEqual(before)
  expect(await list({ reached: 'connected' })).toMatchObject([{ clientId, step: 'connected', reason: null }])
  expect(await nextOf(clientId)).toBeNull()
})

test('another bank than the one asked for is no answer, and the bank that was asked for says so', async () => {
  const clientId = await makeClient(product, dana)
  const bankId = newId()
  const wanted = { firmId: dana.firmId, id: bankId, clientId, institutionId: 'ins_900102', name: 'Harborview Bank', position: 0 }
  await withFirm(dana.ctx, (tx) => tx.insert(wantedBanksTable).values({ ...wanted, createdAt: product.deps.now() }))
  const path = await copyLink(clientId)
  await tapBank(path, bankId)
  await signInAtBank(product, dana, clientId, { institutionId: 'ins_900101' })
  expect(await product.drain()).toEqual([])
  const { total, byBank } = await read({ banks: true })
  expect([counts(total), reasons(total)]).toEqual([[1, 1, 1, 1, 1, 1, 0], { other_bank: 1 }])
  expect(byBank).toMatchObject([{ bank: 'ins_900102', name: 'Harborview Bank' }])
  expect(await list({ bank: 'ins_900102', reason: 'other_bank' })).toMatchObject([{ clientId, bankName: 'First Meridian Bank' }])
  expect(await nextOf(clientId)).toMatchObject({ reason: 'other_bank', best: 'invite_again' })
})

test('what becomes of messages: the night, a wrong number, an opt-out, nothing opened', async () => {
  const night = await inviteBy('sms', { timeZone: zoneAt(3) })
  const wrong = await inviteBy('sms', { phone: '+15005550001' })
  const silent = await inviteBy('email')
  await product.drain()
  const found = await list({})
  const reasonOfClient = (clientId: string) => found.find((row) => row.clientId === clientId)?.reason
  expect([night, wrong, silent].map(reasonOfClient)).toEqual(['waits_for_morning', 'wrong_number', 'not_opened'])
  expect(await nextOf(night)).toMatchObject({ best: 'wait', isStuck: false })
  expect(await nextOf(wrong)).toMatchObject({ best: 'fix_phone', isStuck: true })
  expect(await nextOf(silent)).toMatchObject({ best: 'switch_to_text', isStuck: false })
  await product.call(clients.update, { params: { clientId: wrong }, body: { phone: '(503) 555-0142' } }, dana)
  expect(await nextOf(wrong)).toMatchObject({ reason: 'wrong_number', best: 'invite_again' })
  await later(50 * hourMs)
  expect(await nextOf(silent)).toMatchObject({ best: 'switch_to_text', isStuck: true })
})

test('a request is counted once, by its newest invite, in its period and by what it went by', async () => {
  const clientId = await makeClient(product, dana)
  for (const channel of ['email', 'sms', 'copy', 'email'] as const)
    expect((await product.call(invites.create, { params: { clientId }, body: { channel } }, dana)).status).toBe(201)
  await product.drain()
  const { total, byChannel, byStaff, byBank } = await read({ banks: true })
  expect(counts(total).slice(0, 2)).toEqual([1, 1])
  expect(byChannel).toEqual([{ channel: 'email', tally: total }])
  expect(byStaff).toEqual([{ id: dana.staffId, name: expect.any(String), tally: total }])
  expect(byBank).toEqual([{ bank: null, name: '', tally: total }])
  expect(await list({ bank: 'none' })).toMatchObject([{ clientId, channel: 'email' }])
  expect(await list({ bank: 'ins_900101' })).toEqual([])
  const now = product.deps.now()
  const after = new Date(now.getTime() + 1_000).toISOString()
  expect(counts((await read({ from: after })).total)).toEqual([0, 0, 0, 0, 0, 0, 0])
  expect(counts((await read({ until: new Date(now.getTime() - 3_600_000).toISOString() })).total)[0]).toBe(0)
  expect(counts((await read({ until: after })).total)[0]).toBe(1)
  expect(counts((await read({ channel: 'sms' })).total)[0]).toBe(0)
})

test('every figure is as long as its list, page by page, and narrowed like other lists', async () => {
  const groupId = await makeGroup(product, dana, 'Monthly close')
  const marcus = await makeStaff(product, dana.firmId, 'employee')
  const mine = await makeClient(product, marcus, { groupId })
  const others = [await atTheBank(), await atTheBank(), await atTheBank()]
  await product.call(invites.create, { params: { clientId: mine }, body: { channel: 'copy' } }, dana)
  await product.drain()
  const { total, byBank } = await read()
  expect(byBank).toBeNull()
  for (const { step, count, stopped } of total) {
    expect(await list({ reached: step })).toHaveLength(count)
    for (const { reason, count: many } of stopped) expect(await list({ stopped: step, reason })).toHaveLength(many)
  }
  expect(counts(total)).toEqual([4, 4, 4, 3, 3, 0, 0])
  const pages: string[] = []
  for (let cursor: string | null = null; ; ) {
    const { body }: Answer<Output<typeof funnel.list>> = await product.call(
      funnel.list,
      { query: { limit: 2, ...(cursor !== null && { cursor }) } },
      dana,
    )
    pages.push(...body.items.map(({ clientId }) => clientId))
    cursor = body.nextCursor
    if (cursor === null) break
  }
  expect(pages).toEqual([mine, ...others.map(({ clientId }) => clientId).reverse()])
  for (const query of [{ groupId }, { staffId: marcus.staffId }])
    expect([counts((await read(query)).total)[0], (await list(query)).map(({ clientId }) => clientId)]).toEqual([1, [mine]])
  expect([counts((await read({}, marcus)).total)[0], (await list({}, marcus)).map(({ clientId }) => clientId)]).toEqual([1, [mine]])
  expect(await list({ invitedBy: marcus.staffId })).toEqual([])
})

test('the dashboard, the list of the stuck and the client itself name the same step', async () => {
  const { clientId, page } = await atTheBank()
  await press(page, choose(), signIn('wrong'), ['exit'])
  await product.drain()
  await later(50 * hourMs)
  const { stuck } = (await product.call(dashboard.get, {}, dana)).body
  expect(stuck).toMatchObject({ total: 1, longest: [{ clientId, reason: 'wrong_credentials', best: 'call', isStuck: true }] })
  expect(stuck.longest[0]).toEqual(await nextOf(clientId))
  expect((await product.call(clients.list, { query: { stuck: true } }, dana)).body.items.map(({ id }) => id)).toEqual([clientId])
  await product.call(clients.lock, { params: { clientId } }, dana)
  expect(await nextOf(clientId)).toBeNull()
})
