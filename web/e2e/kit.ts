import { connectBooks } from '../../api/test/books-factories.ts'
import {
  type Browser,
  type BrowserContext,
  type Locator,
  openPage,
  type Page,
  type PageOptions,
  type PageProblems,
} from '../../api/test/browser.ts'
import { makeClient, makeFirm, makeStaff, type Person, zoneAt } from '../../api/test/factories.ts'
import type { TestApp } from '../../api/test/harness.ts'
import { addPasskey } from '../../api/test/passkey-kit.ts'
import { pdf } from '../../api/test/statement-kit.ts'
import { makeBankAccount, makeCategory, makeRule, makeTransactions } from '../../api/test/ledger-factories.ts'
import { hashPassword } from '../../api/src/auth/password.ts'
import { enqueue } from '../../api/src/core/enqueue.ts'
import { listAnew } from '../../api/src/core/client-list.ts'
import { newId } from '../../api/src/core/ids.ts'
import { withFirm } from '../../api/src/db/client.ts'
import { books } from '../../shared/src/books.ts'
import { clients } from '../../shared/src/clients.ts'
import { groups } from '../../shared/src/groups.ts'
import { csv, goodRows, header, uploadKit } from '../../api/test/upload-kit.ts'
import { invites } from '../../shared/src/invites.ts'
import { pushes } from '../../shared/src/pushes.ts'
import { review } from '../../shared/src/review.ts'
import { statements } from '../../shared/src/statements.ts'
import { staff } from '../../shared/src/team.ts'

/** Opens a page in which the person is signed in already. */
export async function openSignedIn(
  browser: Browser,
  product: TestApp,
  person: Person,
  options: PageOptions = {},
): Promise<{ page: Page; context: BrowserContext; problems: PageProblems }> {
  const opened = await openPage(browser, { baseURL: product.config.publicUrl, ...options })
  await signIn(opened.context, product, person)
  return opened
}

/** What is opened in the context from now on is opened by that person. */
export async function signIn(context: BrowserContext, product: TestApp, person: Person): Promise<void> {
  const [name = '', value = ''] = person.cookie.split('=')
  await context.addCookies([{ name, value, url: product.config.publicUrl, httpOnly: true, sameSite: 'Lax' }])
}

/** Goes on to another page of the application as a link would, without loading it all anew. */
export async function goOn(page: Page, path: string): Promise<void> {
  await page.evaluate(`__TSR_ROUTER__.navigate({ href: ${JSON.stringify(path)} })`)
  // The page before stands until this one is there
  const hasArrived = '(({ status, location, resolvedLocation }) => status === "idle" && location.href === resolvedLocation?.href)'
  await page.waitForFunction(`${hasArrived}(__TSR_ROUTER__.state)`)
}

/** Gives a member of staff a password, so that they can sign in on the page. */
export async function setPassword(product: TestApp, person: Person, password: string): Promise<void> {
  await product.admin.query('update staff set password_hash = $1 where id = $2', [await hashPassword(password), person.staffId])
}

/** Whether the keyboard speaks to it. */
export const hasFocus = (place: Locator): Promise<boolean> => place.evaluate((element) => element === element.ownerDocument.activeElement)

/** Presses Tab until the focus is there, as somebody without a mouse would: past the bar and the sidebar by the link that skips them. */
export async function tabTo(page: Page, place: Locator): Promise<void> {
  await place.waitFor()
  for (let presses = 0; presses < 120; presses++) {
    const focus = await place.evaluate((element) => {
      const { activeElement } = element.ownerDocument
      if (activeElement === element) return 'there'
      return activeElement?.getAttribute('href') === '#content' && element.closest('#content') ? 'before what can be skipped' : 'elsewhere'
    })
    if (focus === 'there') return
    await page.keyboard.press(focus === 'elsewhere' ? 'Tab' : 'Enter')
  }
  throw new Error('Tab never came there')
}

/** Moves down a menu until the focus is there. A menu takes the focus a moment after it shows. */
export async function arrowTo(page: Page, place: Locator): Promise<void> {
  await place.waitFor()
  for (let presses = 0; presses < 40; presses++) {
    if (await hasFocus(place)) return
    await page.keyboard.press('ArrowDown')
    await page.waitForTimeout(50)
  }
  throw new Error('The arrows never came there')
}

/** Looks every 50 ms, for 30 s at most, until there is something. */
export async function until<T>(what: string, look: () => T | undefined | null | false | Promise<T | undefined | null | false>): Promise<T> {
  for (const end = Date.now() + 30_000; Date.now() < end; ) {
    const found = await look()
    if (found) return found
    await new Promise((wait) => setTimeout(wait, 50))
  }
  throw new Error(`Waited in vain for ${what}`)
}

/** A day some days ago, as banks write it. */
export const dayAgo = (days: number): string => new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10)

/** A firm with something in every state, and the client whose pages are full. */
export interface BusyFirm {
  dana: Person
  clientId: string
  ruleId: string
  uploads: { matching: string; ready: string; done: string }
}

/** Makes a firm at work: invites in several states, healthy and broken banks, rows of every bucket, a push that met a closed period. */
export async function makeBusyFirm(product: TestApp): Promise<BusyFirm> {
  const dana = await makeFirm(product)
  const clientId = await makeClient(product, dana, { businessName: 'Saltgrass Outfitters' })
  const realmId = await connectBooks(product, dana, clientId, 'Saltgrass Outfitters LLC')
  const chart = (await product.call(books.accounts, { params: { clientId } }, dana)).body.items
  const first = (type: string): string => chart.find((account) => account.type === type && account.active)?.id ?? ''
  const bankAccountId = await makeBankAccount(product, dana, clientId, { booksAccountId: first('Bank') })
  await makeBankAccount(product, dana, clientId, { name: 'Company Card', kind: 'card', type: 'credit', subtype: 'credit card' })
  const categoryId = await makeCategory(product, dana, 'Fuel', { clientId, booksAccountId: first('Expense') })
  await makeCategory(product, dana, 'Meals with clients')
  const ruleId = await makeRule(product, dana, 'petro', { clientId, name: 'Fuel stations', actions: { categoryId } })
  const account = { clientId, bankAccountId }
  const coded = { booksAccountId: first('Expense'), categoryBy: 'person' as const }
  await makeTransactions(product, dana, account, [
    { description: 'PETRO NORTH 0412', amountMinor: -8_613, date: dayAgo(3), categoryId, categoryBy: 'client_rule', ruleId },
    { description: 'HARBOR DINER 0918', amountMinor: -4_120, date: dayAgo(4) },
    { description: 'CARD SETTLEMENT OF A LONG WEEKEND AT THE SALTGRASS RIVER MARKET', amountMinor: 240_618, date: dayAgo(5) },
    { description: 'PETRO EUROPE', amountMinor: -5_000, currency: 'EUR', date: dayAgo(6), ...coded },
    { description: 'LANTERN STREET SUPPLY', amountMinor: -2_000, date: dayAgo(1), stage: 'pending' },
  ])
  const settled = await makeTransactions(product, dana, account, [
    { description: 'GREENGROCER 77', amountMinor: -500, date: dayAgo(40), ...coded },
    { description: 'GREENGROCER 78', amountMinor: -600, date: dayAgo(2), ...coded },
    { description: 'GREENGROCER 79', amountMinor: -700, date: dayAgo(2), ...coded },
  ])
  await product.call(review.approve, { body: { transactionIds: settled } }, dana)
  product.network.intuit.closeBooks(realmId, dayAgo(30))
  await product.call(pushes.create, { body: { transactionIds: settled.slice(0, 2) } }, dana)
  await makeOtherClients(product, dana)
  const uploads = await makeUploads(product, dana)
  await makeStatements(product, dana, clientId)
  await product.drain()
  return { dana, clientId, ruleId, uploads }
}

/** Two that the client sent, of which one has been looked at, and one that staff uploaded. */
async function makeStatements(product: TestApp, dana: Person, clientId: string): Promise<void> {
  const add = (fileName: string, words: string) =>
    product.call(
      statements.add,
      { params: { clientId }, body: { fileName, content: pdf(words, words.length * 90_000).toString('base64') } },
      dana,
    )
  for (const [name, words] of [
    ['January 2026.pdf', 'Jan'],
    ['Business card of the river market with a long name, first quarter 2026.pdf', 'Quarter'],
    ['March 2026.pdf', 'March'],
  ] as const)
    await add(name, words)
  await product.admin.query(`update statements set sent_by = null where client_id = $1 and file_name <> 'January 2026.pdf'`, [clientId])
  await product.admin.query(`update statements set downloaded_at = now() where client_id = $1 and file_name like 'Business%'`, [clientId])
}

/** Lists in every state: columns to be matched, rows with errors, and one that is done with some left out. */
async function makeUploads(product: TestApp, dana: Person): Promise<BusyFirm['uploads']> {
  const kit = uploadKit(
    () => product,
    () => dana,
  )
  const bad = ['A very long name of a business that nobody has shortened in twenty years', 'not-an-address', '1.50355501E+10']
  const file = (word: string) => csv([...header, 'Notes'], ...[...goodRows(12, word), bad, [word, '', '']].map((row) => [...row, 'x']))
  const matching = (await kit.send(file('Larkspur'), dana, 'Larkspur and others.csv')).body.id
  const ready = (await kit.ready(file('Fernhill'))).id
  const done = (await kit.ready(file('Harborview'))).id
  await kit.run(done, { badRows: 'skip' })
  return { matching, ready, done }
}

/** Puts jobs of the firm where operators find them: two that were given up, and one that is tried again. */
export async function makeFailures(product: TestApp, { firmId }: Person): Promise<void> {
  const db = product.deps.db
  await enqueue(db, 'deliver_message', { firmId, messageId: newId() }, { key: 'failed 1' })
  await enqueue(db, 'push_books', { firmId, booksId: newId() }, { key: 'failed 2', queue: 'push:failed' })
  await enqueue(db, 'sync_connection', { firmId, connectionId: newId() }, { key: 'failed 3', queue: 'sync:failed' })
  await product.admin.query(
    `update graphile_worker._private_jobs j set attempts = f.attempts, last_error = f.reason, created_at = now() - f.age, run_at = now() + interval '1 hour'
     from (values ('failed 1', 25, 'twilio send: 20003 (401)', interval '3 days'),
       ('failed 2', 25, 'Query failed: canceling statement due to lock timeout while the company waited for its turn', interval '4 days'),
       ('failed 3', 7, 'plaid transactions/sync: INTERNAL_SERVER_ERROR (500)', interval '20 minutes')) f(key, attempts, reason, age)
     where j.key = f.key`,
  )
}

/** Groups with clients in one of them, a colleague with a client, somebody invited, and passkeys. */
export async function makeTeam(product: TestApp, { dana, clientId }: BusyFirm): Promise<void> {
  const ninth = (await product.call(groups.clients, { query: { search: 'Ninth' } }, dana)).body.items[0]?.id ?? ''
  const group = await product.call(groups.create, { body: { name: 'Monthly close' } }, dana)
  await product.call(groups.create, { body: { name: 'Weekly bookkeeping' } }, dana)
  await product.call(groups.move, { body: { clientIds: [clientId, ninth], groupId: group.body.id } }, dana)
  for (const name of ['Chrome on Windows', 'The blue security key on the ring of the office keys']) await addPasskey(product, dana, name)
  const marcus = await makeStaff(product, dana.firmId, 'employee')
  await addPasskey(product, marcus, 'Phone')
  await product.call(staff.assign, { params: { staffId: marcus.staffId }, body: { clientIds: [clientId], assigned: true } }, dana)
  await product.call(staff.invite, { body: { email: 'priya@quillstone.example', name: 'Priya Raman', role: 'employee' } }, dana)
  await product.drain()
}

/** A name as long as it may be, which no second line takes without breaking a word. */
export const longest = (begin: string, length = 120): string => `${begin} `.padEnd(length, 'wonderfully')

/** Gives two clients that stand on most screens such names. */
export async function lengthenNames(product: TestApp, { dana, clientId }: BusyFirm): Promise<void> {
  const ninth = (await product.call(groups.clients, { query: { search: 'Ninth' } }, dana)).body.items[0]
  for (const [id, name] of [
    [clientId, 'Saltgrass Outfitters'],
    [ninth?.id ?? '', 'Ninth Street Florists'],
  ] as const) {
    const body = { businessName: longest(name), contactFirstName: longest('Nora', 60), contactLastName: longest('Velasco', 60) }
    const { status } = await product.call(clients.update, { params: { clientId: id }, body }, dana)
    if (status !== 200) throw new Error(`The name was answered ${status}`)
  }
}

async function makeOtherClients(product: TestApp, dana: Person): Promise<void> {
  const refused = await makeClient(product, dana, { businessName: 'Bramble & Co Roasters', phone: '+15005553005' })
  const waiting = await makeClient(product, dana, {
    businessName: 'Copperfield Dental Group of the Eastern Valley',
    timeZone: zoneAt(3, product.deps.now()),
  })
  const broken = await makeClient(product, dana, { businessName: 'Ninth Street Florists' })
  const stopped = await makeClient(product, dana, { businessName: 'Ocotillo Grill' })
  await makeClient(product, dana, { businessName: 'Quiet Harbor Marina', staffHaveAccess: true })
  for (const clientId of [refused, waiting, broken, stopped])
    await product.call(invites.create, { params: { clientId }, body: { channel: 'sms' } }, dana)
  await makeBankAccount(product, dana, broken)
  await product.admin.query("update connections set health = 'needs_client', cause = 'login' where client_id = $1", [broken])
  await product.admin.query(
    `insert into health_spans (firm_id, id, connection_id, client_id, health, since)
     select firm_id, id, id, client_id, health, now() - interval '4 days' from connections where client_id = $1`,
    [broken],
  )
  await product.drain()
  await leaveAtBank(product, stopped)
  await withFirm(dana.ctx, (tx) => listAnew(tx, dana.ctx, [broken, stopped]))
}

/** Three days ago the client of this invite gave a password that the bank did not accept, and left. */
async function leaveAtBank(product: TestApp, clientId: string): Promise<void> {
  await product.admin.query(
    `update invites set state = 'started', created_at = now() - interval '4 days', sent_at = now() - interval '4 days',
       delivered_at = now() - interval '4 days', opened_at = now() - interval '3 days', started_at = now() - interval '3 days',
       bank_chosen_at = now() - interval '3 days', visit_step = 'credentials_given', visit_bank = 'Harborview Bank', visit_trouble = 'wrong_credentials'
     where client_id = $1`,
    [clientId],
  )
}
