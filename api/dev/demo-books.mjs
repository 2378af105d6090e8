import { emulator, waitFor } from './demo-browser.mjs'

/** @typedef {import('./demo-browser.mjs').Browser} Browser */
/** @typedef {import('./demo-data.mjs').DemoClient} DemoClient */

/**
 * Connects the client's QuickBooks, maps, writes the rules and pushes some rows: of each only what is not there yet.
 * @param {Browser} browser
 * @param {Record<string, string>} settings
 * @param {string} clientId
 * @param {DemoClient} client
 */
export async function connectBooks(browser, settings, clientId, client) {
  const read = async () => (await browser.send('GET', `/clients/${clientId}/books`)).books
  if ((await read()) === null) {
    const { url } = await browser.send('POST', `/clients/${clientId}/books/authorization`)
    const { redirectUrl } = await emulator(`${settings.INTUIT_API_URL}/_emulator/authorize`, {
      authorizeUrl: url,
      company: client.company,
    })
    await browser.follow(redirectUrl)
  }
  await waitFor('the chart of accounts', async () => (await read())?.refreshedAt)
  await mapEverything(browser, clientId)
  await writeRules(browser, clientId, client)
  if (client.approve) await approveAndPush(browser, clientId)
}

/**
 * @param {Browser} browser
 * @param {string} clientId
 */
async function mapEverything(browser, clientId) {
  const mapping = await browser.send('GET', `/clients/${clientId}/mapping`)
  /** @type {{ id: string, name: string, type: string, active: boolean, classification: string }[]} */
  const chart = (await browser.send('GET', `/clients/${clientId}/books/accounts`)).items
  const used = new Set(mapping.accounts.map((/** @type {{ booksAccountId: string | null }} */ account) => account.booksAccountId))
  for (const account of mapping.accounts) {
    if (account.booksAccountId !== null) continue
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
    if (category.booksAccountId !== null) continue
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
 * @param {DemoClient} client
 */
async function writeRules(browser, clientId, client) {
  const categories = (await browser.send('GET', '/categories')).items
  const written = (await browser.send('GET', `/clients/${clientId}/rules`)).items.map((/** @type {{ name: string }} */ rule) => rule.name)
  for (const rule of client.rules ?? []) {
    const name = titleCase(rule.word)
    if (written.includes(name)) continue
    const category = categories.find((/** @type {{ name: string }} */ each) => each.name === rule.category) ?? categories[0]
    await browser.send('POST', `/clients/${clientId}/rules`, {
      name,
      active: true,
      direction: rule.direction,
      match: 'all',
      conditions: [{ field: 'description', operator: 'contains', value: rule.word }],
      actions: { categoryId: category.id },
    })
  }
}

/** @param {string} word */
const titleCase = (word) => word.toLowerCase().replaceAll(/\b\w/g, (letter) => letter.toUpperCase())

/**
 * Approves five rows and pushes them. One batch is all of them: whoever finds one has nothing left to do.
 * @param {Browser} browser
 * @param {string} clientId
 */
async function approveAndPush(browser, clientId) {
  if ((await browser.send('GET', `/push-batches?clientId=${clientId}`)).items.length > 0) return
  /** @param {string} bucket @returns {Promise<string[]>} */
  const rows = async (bucket) =>
    (await browser.send('GET', `/review?clientId=${clientId}&bucket=${bucket}&limit=5`)).items.map(
      (/** @type {{ id: string }} */ row) => row.id,
    )
  let transactionIds = await rows('approved')
  if (transactionIds.length === 0) {
    transactionIds = await rows('matched')
    if (transactionIds.length === 0) return
    await browser.send('POST', '/review/approve', { transactionIds })
  }
  await browser.send('POST', '/pushes', { transactionIds })
}
