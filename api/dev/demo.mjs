// Seeds the demo firm the way its staff would: through the product's own API, with the emulated bank, books and mail
// doing their part. Safe to run again: what is there already is left alone.
import { setTimeout as sleep } from 'node:timers/promises'
import { clients, firm } from './demo-data.mjs'
import { Stop } from './report.mjs'

/** @typedef {Record<string, string>} Settings */
/** @typedef {import('./demo-data.mjs').DemoClient} DemoClient */

const patienceMs = 20_000

/**
 * Makes the demo firm with its clients, unless it is there; answers how to sign in.
 * @param {Settings} settings
 * @returns {Promise<{ email: string, password: string }>}
 */
export async function seedDemo(settings) {
  const signIn = { email: firm.email, password: firm.password }
  const browser = openBrowser(settings.PUBLIC_URL ?? '')
  if ((await browser.try('POST', '/auth/sign-in', { username: firm.email, password: firm.password })).ok) return signIn
  await browser.send('POST', '/auth/sign-up', { ...firm, timeZone: 'America/Los_Angeles' })
  const code = await waitFor('the verification mail', () => readCode(settings))
  await browser.send('POST', '/auth/verify-email', { code })
  const groups = await addGroups(browser)
  for (const client of clients) await addClient(browser, settings, client, groups)
  return signIn
}

/** @param {string} origin */
function openBrowser(origin) {
  /** @type {Map<string, string>} */
  const jar = new Map()
  const cookie = () => [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
  /** @param {Response} response */
  const keep = (response) => {
    for (const line of response.headers.getSetCookie()) {
      const [pair = ''] = line.split(';')
      jar.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1))
    }
  }
  /**
   * @param {string} method
   * @param {string} path
   * @param {object} [body]
   */
  const attempt = async (method, path, body) => {
    const headers = { cookie: cookie(), origin, ...(body && { 'content-type': 'application/json' }) }
    const response = await fetch(`${origin}/v1${path}`, {
      method,
      headers,
      redirect: 'manual',
      ...(body && { body: JSON.stringify(body) }),
    })
    keep(response)
    return response
  }
  return {
    try: attempt,
    /**
     * @param {string} method
     * @param {string} path
     * @param {object} [body]
     * @returns {Promise<any>} the answer's JSON, whose shape the API documents
     */
    async send(method, path, body) {
      const response = await attempt(method, path, body)
      const text = await response.text()
      if (response.status >= 400) throw new Stop(`The demo could not be made: ${method} ${path} answered ${response.status}\n${text}`)
      return text === '' ? null : JSON.parse(text)
    },
    /** @param {string} url */
    async follow(url) {
      const response = await fetch(url, { headers: { cookie: cookie() }, redirect: 'manual' })
      if (response.status !== 302) throw new Stop(`The demo could not be made: QuickBooks' return answered ${response.status}`)
    },
  }
}
/** @typedef {ReturnType<typeof openBrowser>} Browser */

/**
 * @param {string} url
 * @param {object} [body]
 * @returns {Promise<any>} the answer's JSON, whose shape the emulator documents
 */
async function emulator(url, body) {
  const init = body ? { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) } : {}
  const response = await fetch(url, init)
  if (!response.ok)
    throw new Stop(`The demo could not be made: ${new URL(url).pathname} answered ${response.status}\n${await response.text()}`)
  return response.json()
}

/** @param {Settings} settings */
async function readCode(settings) {
  const mails = JSON.stringify(await emulator(`${settings.SENDGRID_BASE_URL}/_emulator/messages`))
  return /code is (\d{6})/.exec(mails)?.[1]
}

/**
 * @template T
 * @param {string} what
 * @param {() => Promise<T | undefined | null | false>} look
 * @returns {Promise<T>}
 */
async function waitFor(what, look) {
  for (const until = Date.now() + patienceMs; Date.now() < until; await sleep(100)) {
    const found = await look()
    if (found) return found
  }
  throw new Stop(`The demo could not be made: ${what} did not come in ${patienceMs / 1000} s.`)
}

/**
 * Every group that a client is in, by its name.
 * @param {Browser} browser
 * @returns {Promise<Map<string, string>>}
 */
async function addGroups(browser) {
  const ids = new Map()
  for (const { group } of clients)
    if (group !== undefined && !ids.has(group)) ids.set(group, (await browser.send('POST', '/groups', { name: group })).id)
  return ids
}

/**
 * @param {Browser} browser
 * @param {Settings} settings
 * @param {DemoClient} client
 * @param {Map<string, string>} groups
 */
async function addClient(browser, settings, client, groups) {
  const banks = await Promise.all((client.banks ?? []).map((name) => findBank(browser, name)))
  const { id } = await browser.send('POST', '/clients', {
    staffHaveAccess: client.first === undefined,
    businessName: client.businessName,
    timeZone: 'America/Los_Angeles',
    groupId: groups.get(client.group ?? '') ?? null,
    banks: banks.map(({ institutionId, name, routingNumber }) => ({ institutionId, name, routingNumber })),
    ...(client.first && {
      contactFirstName: client.first,
      contactLastName: client.last,
      phone: client.phone,
      textConsent: true,
      email: addressOf(client),
    }),
    ...(client.invite && { invite: client.invite }),
  })
  if (client.connect) await connectBank(browser, settings, id, client.connect)
  if (client.company) await connectBooks(browser, settings, id, client)
}

/** @param {DemoClient} client */
const addressOf = ({ first = '', businessName }) =>
  `${first.toLowerCase()}@${businessName
    .toLowerCase()
    .normalize('NFD')
    .replaceAll(/[^a-z]/g, '')}.example`

/**
 * @param {Browser} browser
 * @param {string} name
 */
async function findBank(browser, name) {
  const { items } = await browser.send('GET', `/institutions?query=${encodeURIComponent(name)}`)
  if (!items[0]) throw new Stop(`The demo could not be made: there is no bank called ${name}.`)
  return items[0]
}

/**
 * @param {Browser} browser
 * @param {Settings} settings
 * @param {string} clientId
 * @param {{ institution: string, accounts: object[] }} connect
 */
async function connectBank(browser, settings, clientId, { institution, accounts }) {
  const { url } = await browser.send('POST', `/clients/${clientId}/connections`, {})
  const { institutionId } = await findBank(browser, institution)
  const password = JSON.stringify({ override_accounts: accounts })
  await emulator(`${settings.PLAID_BASE_URL}/_emulator/complete-link`, { linkToken: url, institutionId, username: 'user_custom', password })
  await waitFor('a bank connection', async () => {
    const { items } = await browser.send('GET', `/clients/${clientId}/connections`)
    return items[0]?.lastSuccessAt && items[0].accounts.length === accounts.length
  })
  await waitFor('transactions', async () => (await browser.send('GET', `/transactions?clientId=${clientId}&limit=1`)).items.length > 0)
}

/**
 * @param {Browser} browser
 * @param {Settings} settings
 * @param {string} clientId
 * @param {DemoClient} client
 */
async function connectBooks(browser, settings, clientId, client) {
  const { url } = await browser.send('POST', `/clients/${clientId}/books/authorization`)
  const { redirectUrl } = await emulator(`${settings.INTUIT_API_URL}/_emulator/authorize`, { authorizeUrl: url, company: client.company })
  await browser.follow(redirectUrl)
  await waitFor('the chart of accounts', async () => (await browser.send('GET', `/clients/${clientId}/books`)).books?.refreshedAt)
  await mapEverything(browser, clientId)
  const categories = (await browser.send('GET', '/categories')).items
  for (const rule of client.rules ?? []) {
    const category = categories.find((/** @type {{ name: string }} */ each) => each.name === rule.category) ?? categories[0]
    await browser.send('POST', `/clients/${clientId}/rules`, {
      name: titleCase(rule.word),
      active: true,
      direction: rule.direction,
      match: 'all',
      conditions: [{ field: 'description', operator: 'contains', value: rule.word }],
      actions: { categoryId: category.id },
    })
  }
  if (client.approve) await approveAndPush(browser, clientId)
}

/** @param {string} word */
const titleCase = (word) => word.toLowerCase().replaceAll(/\b\w/g, (letter) => letter.toUpperCase())

/**
 * @param {Browser} browser
 * @param {string} clientId
 */
async function mapEverything(browser, clientId) {
  const mapping = await browser.send('GET', `/clients/${clientId}/mapping`)
  /** @type {{ id: string, name: string, type: string, active: boolean, classification: string }[]} */
  const chart = (await browser.send('GET', `/clients/${clientId}/books/accounts`)).items
  const used = new Set()
  for (const account of mapping.accounts) {
    const type = account.kind === 'card' ? 'Credit Card' : 'Bank'
    const target = chart.find((each) => each.type === type && each.active && !used.has(each.id))
    if (!target) continue
    used.add(target.id)
    await browser.send('PUT', `/clients/${clientId}/mapping/accounts/${account.bankAccountId}`, {
      booksAccountId: target.id,
      mode: 'we_post',
    })
  }
  for (const category of mapping.categories) {
    const word = category.name.toLowerCase().split(' ')[0]
    const target = chart.find(
      (each) => each.active && ['expense', 'revenue'].includes(each.classification) && each.name.toLowerCase().includes(word),
    )
    if (target) await browser.send('PUT', `/clients/${clientId}/mapping/categories/${category.categoryId}`, { booksAccountId: target.id })
  }
}

/**
 * @param {Browser} browser
 * @param {string} clientId
 */
async function approveAndPush(browser, clientId) {
  const { items } = await browser.send('GET', `/review?clientId=${clientId}&bucket=matched&limit=5`)
  const transactionIds = items.map((/** @type {{ id: string }} */ row) => row.id)
  if (transactionIds.length === 0) return
  await browser.send('POST', '/review/approve', { transactionIds })
  await browser.send('POST', '/pushes', { transactionIds })
}
