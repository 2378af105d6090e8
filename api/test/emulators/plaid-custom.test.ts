import { CreditAccountSubtype, Products } from 'plaid'
import { byId, connect, Copy, errorOf, linkRequest, openStage, type Stage } from './plaid-client.ts'

const now = new Date('2026-04-15T12:00:00Z')
let stage: Stage

beforeEach(async () => {
  stage = await openStage({ now: () => now })
})
afterEach(() => stage.close())

async function linked(config: unknown) {
  const { accessToken, itemId } = await connect(stage, 'user_custom', typeof config === 'string' ? config : JSON.stringify(config))
  const copy = new Copy()
  await copy.sync(stage.plaid, accessToken)
  expect(byId(copy.rows.values())).toEqual(byId(stage.bank.transactions(itemId)))
  const { data } = await stage.plaid.accountsBalanceGet({ access_token: accessToken })
  return { accessToken, itemId, accounts: data.accounts, rows: [...copy.rows.values()] }
}

test('exactly the accounts and rows of the configuration appear, as they were written', async () => {
  const { accounts, rows } = await linked({
    version: '2',
    seed: 'bakery',
    favourite_colour: 'unknown members are ignored',
    override_accounts: [
      {
        type: 'depository',
        subtype: 'checking',
        starting_balance: 6543.21,
        meta: { name: 'Bakery Operating', official_name: 'Bakery Operating Account', mask: '7788' },
        transactions: [
          { date_transacted: '2026-04-01', date_posted: '2026-04-02', amount: 0.1, description: 'FLOUR', currency: 'USD' },
          { date_transacted: '2026-04-03', date_posted: '2026-04-03', amount: -1999.99, description: 'REFUND OVEN' },
          { date_transacted: '2026-04-14', amount: 12.5, description: 'NO POSTED DATE' },
          { date_transacted: '2026-04-14', date_posted: '2026-04-20', amount: 13.5, description: 'POSTS LATER' },
          { date_transacted: '2024-04-01', date_posted: '2024-04-02', amount: 14, description: 'TOO OLD' },
        ],
      },
      {
        type: 'credit',
        subtype: 'credit card',
        starting_balance: 100.5,
        force_available_balance: 42,
        currency: 'EUR',
        meta: { limit: 500 },
        numbers: { account: '111122223333' },
        transactions: null,
      },
      {
        type: 'depository',
        subtype: 'savings',
        starting_balance: 10,
        currency: 'POINTS',
        transactions: [{ date_transacted: '2026-04-01', date_posted: '2026-04-01', amount: 3, description: 'X', currency: 'BTC' }],
      },
    ],
  })
  expect(accounts).toMatchObject([
    {
      name: 'Bakery Operating',
      official_name: 'Bakery Operating Account',
      mask: '7788',
      type: 'depository',
      subtype: 'checking',
      balances: { current: 6543.21, available: 6517.21, iso_currency_code: 'USD' },
    },
    {
      mask: '3333',
      type: 'credit',
      balances: { current: 100.5, available: 42, limit: 500, iso_currency_code: 'EUR', unofficial_currency_code: null },
    },
    { balances: { current: 10, iso_currency_code: null, unofficial_currency_code: 'POINTS' } },
  ])
  const summary = rows.map((row) => [
    row.name,
    row.amount,
    row.date,
    row.authorized_date,
    row.pending,
    row.iso_currency_code ?? row.unofficial_currency_code,
  ])
  expect(summary.sort((a, b) => String(a[0]).localeCompare(String(b[0])))).toEqual([
    ['FLOUR', 0.1, '2026-04-02', '2026-04-01', false, 'USD'],
    ['NO POSTED DATE', 12.5, '2026-04-14', '2026-04-14', true, 'USD'],
    ['POSTS LATER', 13.5, '2026-04-14', '2026-04-14', true, 'USD'],
    ['REFUND OVEN', -1999.99, '2026-04-03', '2026-04-03', false, 'USD'],
    ['X', 3, '2026-04-01', '2026-04-01', false, 'BTC'],
  ])
})

test('a pending row with a date posts when its day comes', async () => {
  let nowMs = now.getTime()
  const moving = await openStage({ now: () => new Date(nowMs) })
  const config = {
    override_accounts: [
      {
        starting_balance: 100,
        transactions: [{ date_transacted: '2026-04-14', date_posted: '2026-04-17', amount: 30, description: 'LATER' }],
      },
    ],
  }
  const { accessToken } = await connect(moving, 'user_custom', JSON.stringify(config))
  const copy = new Copy()
  await copy.sync(moving.plaid, accessToken)
  nowMs += 3 * 86_400_000
  const { added, removed } = await copy.sync(moving.plaid, accessToken)
  expect(added).toMatchObject([{ pending: false, date: '2026-04-17', amount: 30, pending_transaction_id: removed[0]?.transaction_id }])
  const { data } = await moving.plaid.accountsGet({ access_token: accessToken })
  expect(data.accounts[0]?.balances.current).toBe(70)
  await moving.close()
})

test('of one day 250 rows are kept', async () => {
  const transactions = Array.from({ length: 260 }, (_, at) => ({
    date_transacted: '2026-04-01',
    date_posted: '2026-04-01',
    amount: at + 1,
    description: `ROW ${at}`,
  }))
  const { rows } = await linked({
    override_accounts: [
      { transactions: [...transactions, { ...transactions[0], date_transacted: '2026-04-02', date_posted: '2026-04-02' }] },
    ],
  })
  expect(rows).toHaveLength(251)
})

test('an inflow model adds its monthly rows', async () => {
  const { rows } = await linked({
    override_accounts: [
      {
        type: 'depository',
        subtype: 'checking',
        inflow_model: { type: 'monthly-income', income_amount: 5125.25, payment_day_of_month: 1, transaction_name: 'SALARY' },
        transactions: [],
      },
      {
        type: 'credit',
        subtype: 'credit card',
        inflow_model: {
          type: 'monthly-balance-payment',
          payment_day_of_month: 10,
          statement_day_of_month: 'last',
          transaction_name: 'AUTOPAY',
        },
        transactions: [
          { date_transacted: '2026-02-03', date_posted: '2026-02-03', amount: 0.1, description: 'A' },
          { date_transacted: '2026-02-04', date_posted: '2026-02-04', amount: 0.2, description: 'B' },
        ],
      },
    ],
  })
  const salary = rows.filter((row) => row.name === 'SALARY')
  expect(salary.map((row) => row.amount)).toEqual(Array.from({ length: salary.length }, () => -5125.25))
  expect([salary.length, salary.at(-1)?.date, salary[0]?.date]).toEqual([24, '2024-05-01', '2026-04-01'])
  expect(rows.filter((row) => row.name === 'AUTOPAY').map((row) => [row.date, row.amount])).toEqual([['2026-03-10', -0.3]])
})

test('the published blank template, whose members are all null, is taken', async () => {
  const { accounts, rows } = await linked({
    version: null,
    seed: null,
    override_accounts: [
      {
        type: null,
        subtype: null,
        starting_balance: null,
        force_available_balance: null,
        currency: null,
        meta: { name: null, official_name: null, limit: null },
        numbers: { account: null, ach_routing: null },
        transactions: [{ date_transacted: null, date_posted: null, amount: null, description: null, currency: null }],
        inflow_model: { type: null, income_amount: null, payment_day_of_month: null, transaction_name: null, statement_day_of_month: null },
      },
    ],
    mfa: { type: null, question_rounds: null },
    recaptcha: null,
    force_error: null,
  })
  expect([accounts.length, rows.length]).toEqual([1, 0])
})

test('an empty configuration gets usual accounts', async () => {
  const { accounts, rows } = await linked({})
  expect(accounts).toHaveLength(3)
  expect(rows.length).toBeGreaterThan(20)
})

test.each([
  ['no JSON', '{"override_accounts": [', 'not JSON'],
  ['a list', '[]', 'must be one JSON object'],
  [
    'a date that does not exist',
    { override_accounts: [{ transactions: [{ amount: 1, date_transacted: '2026-02-30' }] }] },
    'override_accounts[0].transactions[0].date_transacted: "2026-02-30" is not a date',
  ],
  [
    'a word as amount',
    { override_accounts: [{ transactions: [{ amount: 'much', date_transacted: '2026-02-03' }] }] },
    'transactions[0].amount must be a number',
  ],
  ['an unknown type', { override_accounts: [{ type: 'piggy bank' }] }, 'override_accounts[0].type: "piggy bank"'],
])('with %s nothing is created and the message says where', async (_name, config, message) => {
  const { data } = await stage.plaid.linkTokenCreate(linkRequest(stage))
  const password = typeof config === 'string' ? config : JSON.stringify(config)
  await expect(
    stage.bank.completeLink(data.link_token, { institutionId: 'ins_109508', username: 'user_custom', password }),
  ).rejects.toThrow(message)
  const direct = stage.plaid.sandboxPublicTokenCreate({
    institution_id: 'ins_109508',
    initial_products: [Products.Transactions],
    options: { override_username: 'user_custom', override_password: password },
  })
  const { body } = await errorOf(direct)
  expect(body).toMatchObject({ error_code: 'INVALID_FIELD', error_message: expect.stringContaining(message) })
  expect(stage.bank.items()).toEqual([])
})

test('force_error and mfa of a configuration take effect', async () => {
  const created = await stage.plaid.linkTokenCreate(linkRequest(stage))
  const attempt = (config: object, mfa?: string[][]) =>
    stage.bank.completeLink(created.data.link_token, {
      institutionId: 'ins_109508',
      username: 'user_custom',
      password: JSON.stringify(config),
      ...(mfa ? { mfa } : {}),
    })
  await expect(attempt({ force_error: 'USER_SETUP_REQUIRED' })).rejects.toThrow('not fully set up')
  const config = { override_accounts: [{}], mfa: { type: 'questions', question_rounds: 2, questions_per_round: 1 } }
  await expect(attempt(config, [['answer_0_0'], ['wrong']])).rejects.toThrow('not correct')
  await attempt(config, [['answer_0_0'], ['answer_1_0']])
  expect(stage.bank.items()).toHaveLength(1)
})

test('account filters leave accounts out, and a login without a fitting one is refused', async () => {
  const filtered = (subtype: CreditAccountSubtype) =>
    stage.plaid.linkTokenCreate(linkRequest(stage, { account_filters: { credit: { account_subtypes: [subtype] } } }))
  const all = await filtered(CreditAccountSubtype.All)
  await stage.bank.completeLink(all.data.link_token, { institutionId: 'ins_109508', username: 'user_good', password: 'pass_good' })
  expect(
    stage.bank
      .items()[0]
      ?.accounts.filter((account) => account.shared)
      .map((account) => account.type),
  ).toEqual(['credit'])
  const none = await filtered(CreditAccountSubtype.Paypal)
  await expect(
    stage.bank.completeLink(none.data.link_token, { institutionId: 'ins_109508', username: 'user_good', password: 'pass_good' }),
  ).rejects.toThrow('No valid accounts')
})
