// Seeds the demo firm the way its staff would: through the product's own API, with the emulated bank, books and mail
// doing their part. What is there already is left alone: a start that was interrupted is taken up where it stopped.
import { connectBooks } from './demo-books.mjs'
import { emulator, openBrowser, waitFor, within } from './demo-browser.mjs'
import { clients, firm } from './demo-data.mjs'
import { isComplete, rememberComplete } from './demo-mark.mjs'
import { Stop } from './report.mjs'

/** @typedef {Record<string, string>} Settings */
/** @typedef {import('./demo-browser.mjs').Browser} Browser */
/** @typedef {import('./demo-data.mjs').DemoClient} DemoClient */

/** A mail on its way is there by then; one that is lost is asked for again. */
const mailMs = 5_000

/** How to sign in to the demo firm. */
export const demoSignIn = { email: firm.email, password: firm.password }

/**
 * Makes the demo firm with its clients, or what is missing of it, and then marks it as complete in that file. Complete once,
 * it belongs to whoever tries the product: nothing that they change or delete comes back.
 * @param {Settings} settings
 * @param {string} markFile
 * @returns {Promise<'made' | 'completed' | 'there'>}
 */
export async function seedDemo(settings, markFile) {
  if (await isComplete(markFile, settings.DATABASE_OWNER_URL ?? '')) return 'there'
  const browser = openBrowser(settings.PUBLIC_URL ?? '')
  const known = await browser.try('POST', '/auth/sign-in', { username: firm.email, password: firm.password })
  if (!known.ok) await browser.send('POST', '/auth/sign-up', { ...firm, timeZone: 'America/Los_Angeles' })
  const me = await browser.send('GET', '/auth/me')
  if (!me.staff.emailVerified) await verifyEmail(browser, settings)
  const groups = await addGroups(browser)
  const ids = await readClients(browser)
  for (const client of clients) await completeClient(browser, settings, client, { id: ids.get(client.businessName), groups })
  rememberComplete(markFile, me.firm.id)
  return known.ok ? 'completed' : 'made'
}

/**
 * Types the codes that came, the newest first. The mail of an interrupted start may be lost, or its code too old.
 * @param {Browser} browser
 * @param {Settings} settings
 */
async function verifyEmail(browser, settings) {
  const tried = new Set()
  const typeCode = async () => {
    for (const code of await readCodes(settings)) {
      if (tried.has(code)) continue
      tried.add(code)
      if ((await browser.try('POST', '/auth/verify-email', { code })).ok) return true
    }
    return false
  }
  if (await within(mailMs, typeCode)) return
  await browser.send('POST', '/auth/verification')
  await waitFor('the verification mail', typeCode)
}

/**
 * @param {Settings} settings
 * @returns {Promise<string[]>}
 */
async function readCodes(settings) {
  const { messages } = await emulator(`${settings.SENDGRID_BASE_URL}/_emulator/messages`)
  const mails = messages.filter((/** @type {{ to: { email: string } }} */ { to }) => to.email === firm.email)
  return [...JSON.stringify(mails).matchAll(/your code is (\d{6})/g)].map(([, code = '']) => code).reverse()
}

/**
 * Every group that a client is in, by its name.
 * @param {Browser} browser
 * @returns {Promise<Map<string, string>>}
 */
async function addGroups(browser) {
  /** @type {{ id: string, name: string }[]} */
  const there = (await browser.send('GET', '/groups')).items
  const ids = new Map(there.map(({ id, name }) => [name, id]))
  for (const { group } of clients)
    if (group !== undefined && !ids.has(group)) ids.set(group, (await browser.send('POST', '/groups', { name: group })).id)
  return ids
}

/**
 * Every client of the firm, by its name.
 * @param {Browser} browser
 * @returns {Promise<Map<string, string>>}
 */
async function readClients(browser) {
  const ids = new Map()
  let cursor = ''
  do {
    const page = await browser.send('GET', `/clients?limit=200${cursor && `&cursor=${encodeURIComponent(cursor)}`}`)
    for (const { id, businessName } of page.items) ids.set(businessName, id)
    cursor = page.nextCursor ?? ''
  } while (cursor !== '')
  return ids
}

/**
 * @param {Browser} browser
 * @param {Settings} settings
 * @param {DemoClient} client
 * @param {{ id: string | undefined, groups: Map<string, string> }} there
 */
async function completeClient(browser, settings, client, there) {
  const id = there.id ?? (await addClient(browser, client, there.groups))
  if (client.connect) await connectBank(browser, settings, id, client.connect)
  if (client.company) await connectBooks(browser, settings, id, client)
}

/**
 * @param {Browser} browser
 * @param {DemoClient} client
 * @param {Map<string, string>} groups
 * @returns {Promise<string>} its id
 */
async function addClient(browser, client, groups) {
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
  return id
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
  const read = async () => (await browser.send('GET', `/clients/${clientId}/connections`)).items
  // One whose sign-in an interrupted start ended may still be on its way: the same login never becomes a second connection.
  if ((await read()).length === 0) {
    const { url } = await browser.send('POST', `/clients/${clientId}/connections`, {})
    const { institutionId } = await findBank(browser, institution)
    const password = JSON.stringify({ override_accounts: accounts })
    await emulator(`${settings.PLAID_BASE_URL}/_emulator/complete-link`, {
      linkToken: url,
      institutionId,
      username: 'user_custom',
      password,
    })
  }
  await waitFor('a bank connection', async () => {
    const [connection] = await read()
    return connection?.lastSuccessAt && connection.accounts.length === accounts.length
  })
  await waitFor('transactions', async () => (await browser.send('GET', `/transactions?clientId=${clientId}&limit=1`)).items.length > 0)
}
