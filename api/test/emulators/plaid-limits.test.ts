import { CountryCode } from 'plaid'
import { connect, errorOf, openStage, type Stage } from './plaid-client.ts'

let nowMs = Date.parse('2026-03-01T12:00:00Z')
let stage: Stage
beforeEach(async () => {
  stage = await openStage({ now: () => new Date(nowMs), limits: { '/item/get': { item: 3, client: 4 } } })
})
afterEach(() => stage.close())

test('an Item has its published number of calls in any sixty seconds, and a refused one does not count', async () => {
  const [one, other] = [await connect(stage), await connect(stage)]
  const call = (token: string) => stage.plaid.accountsGet({ access_token: token })
  for (let index = 0; index < 15; index++) {
    await call(one.accessToken)
    nowMs += 1_000
  }
  expect(await errorOf(call(one.accessToken))).toMatchObject({
    status: 429,
    body: { error_type: 'RATE_LIMIT_EXCEEDED', error_code: 'ACCOUNTS_LIMIT', request_id: expect.any(String) },
  })
  await call(other.accessToken)
  // Fifteen seconds have gone by since the first call: forty-five more, and one of them is over a minute old
  nowMs += 45_000
  await call(one.accessToken)
  expect(await errorOf(call(one.accessToken))).toMatchObject({ status: 429 })
})

test('the client as a whole has a limit too, each path its own, and a reset forgets what was counted', async () => {
  const [one, other] = [await connect(stage), await connect(stage)]
  const call = (token: string) => stage.plaid.itemGet({ access_token: token })
  for (let index = 0; index < 3; index++) await call(one.accessToken)
  await call(other.accessToken)
  expect(await errorOf(call(other.accessToken))).toMatchObject({ body: { error_code: 'ITEM_GET_LIMIT' } })
  await stage.plaid.transactionsSync({ access_token: other.accessToken })
  const bank = { institution_id: 'ins_109508', country_codes: [CountryCode.Us] }
  for (let index = 0; index < 50; index++) await stage.plaid.institutionsGetById(bank)
  stage.bank.reset()
  const again = await connect(stage)
  await call(again.accessToken)
})
