import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { auth } from '@ledgersync/shared/auth'
import { startTestApp, type TestApp } from './harness.ts'

let product: TestApp
beforeAll(async () => {
  product = await startTestApp()
})
afterAll(() => product.close())
beforeEach(() => product.admin.query('delete from attempts'))

const signUp = (email: string) =>
  product.call(auth.signUp, {
    body: { firmName: 'Quillstone Accounting', name: 'Dana Whitlock', email, password: 'copper lantern over the bay' },
  })

/** An address, and the domain that the refusal must name. */
const refused: [string, string][] = [
  // Free
  ['ana@gmail.com', 'gmail.com'],
  ['ana@googlemail.com', 'googlemail.com'],
  ['ana@yahoo.com', 'yahoo.com'],
  ['ana@yahoo.co.uk', 'yahoo.co.uk'],
  ['ana@ymail.com', 'ymail.com'],
  ['ana@outlook.com', 'outlook.com'],
  ['ana@outlook.fr', 'outlook.fr'],
  ['ana@hotmail.com', 'hotmail.com'],
  ['ana@live.nl', 'live.nl'],
  ['ana@msn.com', 'msn.com'],
  ['ana@icloud.com', 'icloud.com'],
  ['ana@me.com', 'me.com'],
  ['ana@aol.com', 'aol.com'],
  ['ana@proton.me', 'proton.me'],
  ['ana@protonmail.com', 'protonmail.com'],
  ['ana@tutanota.com', 'tutanota.com'],
  ['ana@tuta.io', 'tuta.io'],
  ['ana@zoho.com', 'zoho.com'],
  ['ana@gmx.de', 'gmx.de'],
  ['ana@mail.com', 'mail.com'],
  ['ana@accountant.com', 'accountant.com'],
  ['ana@consultant.com', 'consultant.com'],
  ['ana@comcast.net', 'comcast.net'],
  ['ana@verizon.net', 'verizon.net'],
  ['ana@yandex.ru', 'yandex.ru'],
  ['ana@qq.com', 'qq.com'],
  ['ana@hey.com', 'hey.com'],
  ['ana@fastmail.com', 'fastmail.com'],
  // Disposable
  ['ana@mailinator.com', 'mailinator.com'],
  ['ana@guerrillamail.com', 'guerrillamail.com'],
  ['ana@10minutemail.com', '10minutemail.com'],
  ['ana@yopmail.com', 'yopmail.com'],
  ['ana@trashmail.com', 'trashmail.com'],
  ['ana@tempmail.plus', 'tempmail.plus'],
  ['ana@emailondeck.com', 'emailondeck.com'],
  // Relays
  ['ana@duck.com', 'duck.com'],
  ['ana@mozmail.com', 'mozmail.com'],
  ['ana@privaterelay.appleid.com', 'appleid.com'],
  ['ana@passmail.net', 'passmail.net'],
  ['ana@simplelogin.com', 'simplelogin.com'],
  ['ana@anonaddy.me', 'anonaddy.me'],
  // Sub-domains
  ['ana@mail.yahoo.com', 'yahoo.com'],
  ['ana@firm.onmicrosoft.com', 'onmicrosoft.com'],
  ['ana@a.b.c.gmail.com', 'gmail.com'],
  ['ana@anything.mailinator.com', 'mailinator.com'],
  // Case, trailing dot, sub-addressing
  ['ana@GMAIL.com', 'gmail.com'],
  ['ANA@Yahoo.Com', 'yahoo.com'],
  ['ana@gmail.com.', 'gmail.com'],
  ['ana@MAIL.Outlook.COM.', 'outlook.com'],
  ['ana+books@gmail.com', 'gmail.com'],
  // Look-alikes
  ['ana@gmial.com', 'gmial.com'],
  ['ana@gmaill.com', 'gmaill.com'],
  ['ana@gnail.com', 'gnail.com'],
  ['ana@gmai.com', 'gmai.com'],
  ['ana@gmail.co', 'gmail.co'],
  ['ana@hotmial.com', 'hotmial.com'],
  ['ana@yahooo.com', 'yahooo.com'],
  ['ana@outlok.com', 'outlok.com'],
  ['ana@0utlook.com', '0utlook.com'],
  ['ana@grnail.com', 'grnail.com'],
  // International names
  ['ana@xn--gmil-63d.com', 'gmаil.com'],
  ['ana@xn--gmal-nza.com', 'gmaıl.com'],
  ['ana@xn--hotmal-0va.com', 'hotmaìl.com'],
  ['ana@xn--yhoo-53d.com', 'yаhoo.com'],
]

test.each(refused)('%s is refused, %s named, and nothing is sent', async (email, domain) => {
  const before = product.network.sendgrid.messages().length
  const answer = await signUp(email)
  expect(answer.body).toMatchObject({ code: 'work_email_required', status: 400, fields: [{ field: 'body.email' }] })
  expect(JSON.stringify(answer.body)).toContain(`"${domain} `)
  await product.drain()
  expect(product.network.sendgrid.messages()).toHaveLength(before)
})

/** Ordinary firms, some with names near those of mail services. */
const accepted = [
  'quillstone.example',
  'mail.quillstone.example',
  'harborledger.com',
  'smith-jones-cpa.com',
  'whitlockbookkeeping.net',
  'northgate.tax',
  'copperfield.cpa',
  'lanternaccounting.co.uk',
  'oyelade.com.au',
  'marsh.partners',
  'ledger.llc',
  'taxprep.us',
  'velasco.mx',
  'contadores.com.mx',
  'steuerkanzlei-weber.de',
  'xn--bcher-kva.example',
  'comptables.ca',
  'bookkeeping.nyc',
  'a-b-c.org',
  'firm.consulting',
  'accountants.co.nz',
  'grail.com',
  'wahoo.com',
  'cloud.com',
  'outlookadvisors.com',
  'outlook.consulting',
  'gmailaccounting.com',
  'hotmailers.com',
  'olive.com',
  'liveoak.com',
  'aolson.com',
  'mailroompartners.com',
  'protonaccounting.com',
  'duckworth.com',
  'zohobooks.partners',
  'yahooligan.com',
  '1800accountant.com',
  'intuit.com',
  'deloitte.com',
  'hrblock.com',
]

test.each(accepted)('dana@%s is accepted', async (domain) => {
  expect((await signUp(`dana@${domain}`)).status).toBe(201)
})

test('the tables are as long as they should be', () => {
  expect(refused.length).toBeGreaterThanOrEqual(60)
  expect(accepted.length).toBeGreaterThanOrEqual(40)
})

test.each(['generic-mail-domains.txt', 'common-passwords.txt'])(
  '%s is dated, sorted, and has each entry once, so that a refresh reads as a diff',
  (name) => {
    const [head = '', ...lines] = readFileSync(resolve(import.meta.dirname, '../data', name), 'utf8')
      .trimEnd()
      .split('\n')
    expect(head).toMatch(/^# \d+ entries, \d{4}-\d{2}-\d{2}; made by api\/dev\/refresh-lists\.mjs$/)
    expect(Number(/\d+/.exec(head)?.[0])).toBe(lines.length)
    expect(lines).toEqual([...new Set(lines)].sort())
  },
)
