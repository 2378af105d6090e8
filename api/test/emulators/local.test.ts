import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { readChaos } from '@ledgersync/emulators/chaos'
import { credentials } from '@ledgersync/emulators/credentials'
import { type LocalNetwork, startLocalNetwork } from '@ledgersync/emulators/local'
import sendgridClient from '@sendgrid/client'
import { Configuration, PlaidApi } from 'plaid'
import twilio from 'twilio'
import { startReceiver } from './receiver.ts'

const person = '+14155550123'
let network: LocalNetwork
let hubUrl: string

beforeAll(async () => {
  network = await startLocalNetwork({ ports: { hub: 0 } })
  hubUrl = network.hub?.url ?? ''
})
afterAll(() => network.close())
beforeEach(() => network.reset())

/** A text sent as the API would: with nothing but the environment it is given. */
async function sendText(body: string) {
  const { env } = network
  const client = twilio(env.TWILIO_ACCOUNT_SID, env.TWILIO_AUTH_TOKEN)
  client.api.baseUrl = env.TWILIO_BASE_URL ?? ''
  return client.messages.create({ to: person, from: env.TWILIO_FROM ?? '', body })
}

async function sendMail(html: string, subject = 'Connect your bank') {
  const { env } = network
  // The instance's constructor is its class, which the package's typings cannot name under NodeNext
  const client = new (sendgridClient.constructor as new () => typeof sendgridClient)()
  client.setApiKey(env.SENDGRID_API_KEY ?? '')
  client.setDefaultRequest('baseUrl', env.SENDGRID_BASE_URL ?? '')
  const content = [
    { type: 'text/plain', value: 'Open https://ledgersync.example/i/abc.' },
    { type: 'text/html', value: html },
  ]
  const body = {
    personalizations: [{ to: [{ email: 'rosa@bakery.example' }] }],
    from: { email: env.SENDGRID_FROM_EMAIL },
    subject,
    content,
  }
  await client.request({ method: 'POST', url: '/v3/mail/send', body })
}

async function connectBank(): Promise<string> {
  const { env } = network
  const headers = { 'PLAID-CLIENT-ID': env.PLAID_CLIENT_ID, 'PLAID-SECRET': env.PLAID_SECRET }
  const plaid = new PlaidApi(new Configuration({ basePath: env.PLAID_BASE_URL ?? '', baseOptions: { headers } }))
  // Plaid's SDK types its list of products as an enum whose values are these strings
  const products = ['transactions'] as Parameters<typeof plaid.sandboxPublicTokenCreate>[0]['initial_products']
  const created = await plaid.sandboxPublicTokenCreate({ institution_id: 'ins_109508', initial_products: products })
  const exchanged = await plaid.itemPublicTokenExchange({ public_token: created.data.public_token })
  return exchanged.data.item_id
}

const page = async (path: string) => (await fetch(`${hubUrl}${path}`)).text()
const press = (path: string, form: Record<string, string>, headers: Record<string, string> = {}) =>
  fetch(`${hubUrl}${path}`, { method: 'POST', body: new URLSearchParams(form), headers, redirect: 'manual' })

describe('the phone and inbox page', () => {
  test('shows a text with a working link and nothing of it as markup', async () => {
    await sendText('Hi <b>Rosa</b> & "friends": https://ledgersync.example/i/abc?x=1&y=2. Reply STOP to end.')
    await network.settled()
    const phone = await page(`/phone/${encodeURIComponent(person)}`)
    expect(phone).toContain(
      'Hi &lt;b&gt;Rosa&lt;/b&gt; &amp; &quot;friends&quot;: <a href="https://ledgersync.example/i/abc?x=1&amp;y=2" target="_blank"',
    )
    expect(phone).not.toContain('<b>Rosa')
  })

  test('counts what is unread until it is looked at', async () => {
    await sendText('One')
    await sendText('Two')
    await network.settled()
    expect(await page('/')).toContain('<span class="count">2<span')
    await page(`/phone/${encodeURIComponent(person)}`)
    expect(await page('/')).not.toContain('class="count"')
  })

  test('answers as the person, by keyword or in own words', async () => {
    await sendText('Hello')
    const path = `/phone/${encodeURIComponent(person)}/reply`
    expect((await press(path, { to: credentials.twilio.from, body: 'Who is this?' })).status).toBe(303)
    expect((await press(path, { to: credentials.twilio.from, quick: 'STOP' })).status).toBe(303)
    expect(network.twilio.optOuts()).toMatchObject([{ phone: person }])
    expect(
      network.twilio
        .conversations()
        .filter((text) => text.direction === 'inbound')
        .map((text) => text.body),
    ).toEqual(['Who is this?', 'STOP'])
    expect((await press(path, { to: credentials.twilio.from, body: '  ' })).status).toBe(400)
  })

  test('keeps a mail in a sandbox without scripts, and its plain text with links', async () => {
    await sendMail('<p onclick="x()">Hi</p><script>alert(1)</script>', 'A <script> in the subject')
    await network.settled()
    const mail = await page('/mail/rosa%40bakery.example')
    expect(mail).toContain('sandbox="allow-popups allow-popups-to-escape-sandbox allow-same-origin"')
    expect(mail).toContain('srcdoc="&lt;base target=&quot;_blank&quot;&gt;&lt;p onclick=')
    expect(mail).not.toContain('<script>alert')
    expect(mail).toContain('A &lt;script&gt; in the subject')
    expect(await page('/mail/rosa%40bakery.example?view=text')).toContain('<a href="https://ledgersync.example/i/abc" target="_blank"')
    const policy = (await fetch(`${hubUrl}/`)).headers.get('content-security-policy')
    expect(policy).toContain("script-src 'self';")
  })

  test('plays the bank', async () => {
    const id = await connectBank()
    // The bank's history takes a moment; what the bank sends before it has come waits for it
    while ((network.plaid.items()[0]?.postedCount ?? 0) === 0) await new Promise((resolve) => setTimeout(resolve, 20))
    const counts = () => network.plaid.items().map(({ status, pendingCount }) => ({ status, pendingCount }))
    const [{ pendingCount: before } = { pendingCount: 0 }] = counts()
    expect((await press(`/bank/${id}/send-transactions`, {})).headers.get('location')).toBe('/bank?done=send-transactions')
    expect(counts()).toEqual([{ status: 'healthy', pendingCount: before + 1 }])
    await press(`/bank/${id}/post-pending`, {})
    expect(counts()).toEqual([{ status: 'healthy', pendingCount: 0 }])
    await press(`/bank/${id}/break-login`, {})
    expect(counts()).toEqual([{ status: 'login_required', pendingCount: 0 }])
    expect(await page('/bank')).toContain('Login broken')
    await press(`/bank/${id}/repair`, {})
    expect(counts()).toEqual([{ status: 'healthy', pendingCount: 0 }])
    expect((await press('/bank/none/repair', {})).headers.get('location')).toBe('/bank?done=failed')
  })

  test('another site cannot press its buttons', async () => {
    const reply = await press(
      `/phone/${encodeURIComponent(person)}/reply`,
      { to: credentials.twilio.from, quick: 'STOP' },
      { origin: 'https://elsewhere.example' },
    )
    expect(reply.status).toBe(403)
    expect(network.twilio.optOuts()).toEqual([])
  })

  test('links to the practice companies and names the practice users', async () => {
    expect(await page('/quickbooks')).toContain(`href="${network.intuit.url}/app"`)
    expect((await fetch(`${network.intuit.url}/app`)).status).toBe(200)
    const users = await page('/users')
    expect(users).toContain('user_good')
    const sample = /<pre id="sample"[^>]*>([^<]*)<\/pre>/.exec(users)?.[1]?.replaceAll('&quot;', '"') ?? ''
    expect(JSON.parse(sample)).toHaveProperty('override_accounts')
  })
})

describe('the chaos page', () => {
  const turn = async (form: Record<string, string>) => (await press('/chaos', form)).headers.get('location')

  test('switches the faults of all four services on and off, and tells what happened', async () => {
    expect(await page('/chaos')).toContain('>Off</span> Every call is answered as usual.')
    expect(await turn({ action: 'on', percent: '100', seed: '42' })).toBe('/chaos?done=on')
    for (const { url } of [network.plaid, network.intuit, network.twilio, network.sendgrid]) {
      expect(await (await fetch(`${url}/_emulator/faults`)).json()).toMatchObject({ plan: { seed: 42, percent: 100 } })
    }
    await sendText('Hello').catch(() => null)
    const count = Object.values(network.faults().twilio).reduce((sum, each) => sum + each, 0)
    expect(count).toBeGreaterThan(0)
    const shown = await page('/chaos')
    expect(shown).toContain('100% of all calls and notices are disturbed. Seed <code>42</code>')
    expect(shown).toContain(`100% · ${count} so far`)
    expect(shown).toContain(`<td class="number" data-label="Texts">${count}</td>`)
    expect(await turn({ action: 'off' })).toBe('/chaos?done=off')
    expect(await sendText('Hello')).toHaveProperty('sid')
    expect(network.faults().twilio).toEqual({})
  })

  test('picks a seed when none is given, and refuses what is no number', async () => {
    expect(await turn({ action: 'on', percent: '2.5', seed: '' })).toBe('/chaos?done=on')
    expect(await page('/chaos')).toMatch(/Seed <code>\d{1,6}<\/code>/)
    expect(await turn({ action: 'on', percent: '101', seed: '' })).toBe('/chaos?done=percent')
    expect(await turn({ action: 'on', percent: '0', seed: '' })).toBe('/chaos?done=percent')
    expect(await turn({ action: 'on', percent: '5', seed: '1e3' })).toBe('/chaos?done=seed')
    expect(await page('/chaos?done=seed')).toContain('the seed has to be a whole number')
    expect((await page('/chaos')).includes('2.5% of all calls')).toBe(true)
  })
})

describe('CHAOS', () => {
  test('with CHAOS_SEED is a plan; without a seed one is picked; unset and 0 are none', () => {
    expect(readChaos({ CHAOS: '10', CHAOS_SEED: '7' })).toEqual({ seed: 7, percent: 10 })
    expect(readChaos({ CHAOS: '0.5' })).toEqual({ seed: expect.any(Number), percent: 0.5 })
    expect(() => readChaos({ CHAOS: '101' })).toThrow('from 0 to 100')
    expect([readChaos({}), readChaos({ CHAOS: '' }), readChaos({ CHAOS: '0', CHAOS_SEED: '7' })]).toEqual([null, null, null])
  })

  test.each(['ten', '-1', '1e1', ' 5', '5%', 'NaN'])('of "%s" is refused in a sentence', (text) => {
    expect(() => readChaos({ CHAOS: text })).toThrow(`CHAOS must be a number from 0 to 100, the percent of calls to disturb, not "${text}"`)
    expect(() => readChaos({ CHAOS: '5', CHAOS_SEED: text })).toThrow(
      `CHAOS_SEED must be a whole number of at most 15 digits, not "${text}"`,
    )
  })
})

describe('the program', () => {
  /** Starts it on free ports with these settings; answers its first line, or how it ended and what it said. */
  async function start(env: Record<string, string>) {
    const ports = Object.fromEntries(['PLAID', 'INTUIT', 'TWILIO', 'SENDGRID', 'HUB'].map((name) => [`EMULATOR_${name}_PORT`, '0']))
    const program = spawn(process.execPath, [join(import.meta.dirname, '../../emulators/dist/main.js')], { env: { ...ports, ...env } })
    let said = ''
    program.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
    const line = new Promise<string | null>((resolve) => {
      createInterface({ input: program.stdout }).once('line', resolve)
      program.once('close', () => resolve(null))
    })
    return { line: await line, program, said: () => said }
  }
  const ended = (program: ChildProcess) =>
    new Promise((resolve) => (program.exitCode === null ? program.once('close', resolve) : resolve(program.exitCode)))

  test('begins with CHAOS and says so', async () => {
    const { line, program } = await start({ CHAOS: '10', CHAOS_SEED: '3' })
    const ready = JSON.parse(line ?? '')
    expect(ready).toMatchObject({ ready: true, chaos: { seed: 3, percent: 10 } })
    expect(await (await fetch(`${ready.twilio}/_emulator/faults`)).json()).toEqual({ plan: { seed: 3, percent: 10 }, counts: {} })
    program.kill('SIGTERM')
    await ended(program)
  })

  test('does not begin with what is no percentage, and says why in one sentence', async () => {
    const { line, program, said } = await start({ CHAOS: 'much' })
    expect(line).toBeNull()
    expect(await ended(program)).toBe(1)
    expect(said()).toBe('CHAOS must be a number from 0 to 100, the percent of calls to disturb, not "much"\n')
  })
})

describe('the local network', () => {
  test('posts to the app once it knows its address', async () => {
    const receiver = await startReceiver()
    network.setAppUrl(`${receiver.url}/`)
    await sendMail('<p>Hi</p>')
    await network.twilio.reply(person, credentials.twilio.from, 'Hello')
    await network.settled()
    expect(new Set(receiver.received.map((one) => one.url))).toEqual(new Set(['/v1/webhooks/twilio/inbound', '/v1/webhooks/sendgrid']))
    await receiver.close()
  })

  test('names every setting the API needs, with addresses of this machine only', () => {
    const addresses = Object.values(network.env).filter((value) => value.startsWith('http'))
    expect(addresses).toHaveLength(9)
    for (const address of addresses) expect(new URL(address).hostname).toBe('127.0.0.1')
    expect(network.env.SENDGRID_WEBHOOK_PUBLIC_KEY).toBe(credentials.sendgrid.eventPublicKey)
  })

  test('forgets everything on reset and keeps everything over a restart', async () => {
    await sendText('Hello')
    await network.reset()
    expect(network.twilio.messages()).toEqual([])
    expect(network.twilio.calls.list()).toEqual([])
    const dataDir = mkdtempSync(join(tmpdir(), 'network-'))
    const first = await startLocalNetwork({ dataDir, ports: { hub: 0 } })
    await first.twilio.reply(person, credentials.twilio.from, 'STOP')
    await first.close()
    const second = await startLocalNetwork({ dataDir })
    expect(second.hub).toBeUndefined()
    expect(second.twilio.optOuts()).toHaveLength(1)
    await second.close()
    rmSync(dataDir, { recursive: true })
  })

  test('leaves nothing open when a port is taken', async () => {
    const taken = Number(new URL(network.twilio.url).port)
    await expect(startLocalNetwork({ ports: { twilio: taken } })).rejects.toThrow('EADDRINUSE')
  })
})
