import { sql } from 'drizzle-orm'
import { AppError, ProviderError } from '../src/core/errors.ts'
import { describeFailure } from '../src/core/failures.ts'
import { newToken } from '../src/core/ids.ts'
import { withFirm } from '../src/db/client.ts'
import { makeFirm, type Person } from './factories.ts'
import { startTestApp, type TestApp } from './harness.ts'

const token = newToken()

const caught = async (work: () => unknown): Promise<unknown> => {
  try {
    await work()
  } catch (error) {
    return error
  }
  throw new Error('It did not fail')
}

const unparsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch (error) {
    return error
  }
}

const refusal = {
  provider: 'plaid',
  operation: 'itemGet',
  outcome: 'refused',
  status: 400,
  code: 'ITEM_NOT_FOUND',
  transient: false,
} as const
const callFailure = { isAxiosError: true, code: 'ECONNRESET', config: { token } }

test.each<[string, unknown, string]>([
  ['a parser', unparsed(`{"password": ${token}}`), 'A text could not be parsed'],
  ['a call', Object.assign(new Error(token), callFailure), 'A call to the outside failed: ECONNRESET'],
  ['a token in a sentence', new Error(`The link ${token} is old`), 'The link [hidden] is old'],
  ['an address', new Error('No mail to nora.velasco+x@saltgrass.example, nor to <a@b.example>'), 'No mail to [hidden] nor to <[hidden]>'],
  ['a phone number', new Error('No text to +15035550142'), 'No text to [hidden]'],
  ['an id, which is no secret', new Error('No row 0190c1a0-0000-7000-8000-000000000001'), 'No row 0190c1a0-0000-7000-8000-000000000001'],
  ['a provider', new ProviderError({ ...refusal, detail: token }), 'plaid itemGet: ITEM_NOT_FOUND (400)'],
  ['a refusal of ours', new AppError('conflict', 'This visit is over. Start again.'), 'This visit is over. Start again.'],
  ['a text that is thrown', token, '[hidden]'],
  ['a thing that is thrown', { token }, 'Something that is no error was thrown'],
  ['nothing that is thrown', undefined, 'Something that is no error was thrown'],
])('of %s only what is safe is told', (_what, thrown, told) => {
  const { error, stack } = describeFailure(thrown)
  expect(error).toBe(told)
  expect(`${error}${stack}`).not.toContain(token)
})

test('where it happened is told, without the sentence', () => {
  const { stack } = describeFailure(new Error(`one\n    at two (${token})\nthree`))
  expect(stack).toMatch(/^ {4}at .*failures\.test/)
  expect(stack).not.toContain(token)
})

test('a very long sentence is cut', () => {
  expect(describeFailure(new Error('word '.repeat(1_000))).error).toHaveLength(500)
})

describe('of the database', () => {
  let product: TestApp
  let dana: Person
  beforeAll(async () => {
    product = await startTestApp()
    dana = await makeFirm(product)
  })
  afterAll(() => product.close())
  test.each([
    [
      'a row that breaks a rule',
      sql`insert into firms (firm_id, name, email_domain, time_zone, created_at) values (${'0190c1a0-0000-7000-8000-000000000001'}, ${token}, 'x', 'x', now())`,
      'Query failed: 42501',
    ],
    ['a key that is there', sql`insert into firms select * from firms where name <> ${token}`, 'Query failed: 23505 (firms_pkey)'],
    ['a value that does not fit', sql`select ${token}::uuid`, 'Query failed: 22P02'],
    ['a number that is none', sql`select ${token}::int`, 'Query failed: 22P02'],
    ['a column that is not there', sql`select nothing from firms where name = ${token}`, 'Query failed: 42703'],
  ])('%s is told by its code', async (_what, query, told) => {
    const failure = await caught(() => withFirm(dana.ctx, (tx) => tx.execute(query)))
    const { error, stack } = describeFailure(failure)
    expect(error).toBe(told)
    expect(`${error}${stack}`).not.toContain(token)
  })
})
