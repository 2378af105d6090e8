import { auth } from '@ledgersync/shared/auth'
import { clients } from '@ledgersync/shared/clients'
import { makeFirm } from './factories.ts'
import { startTestApp, type TestApp } from './harness.ts'

let product: TestApp
beforeAll(async () => {
  product = await startTestApp()
})
afterAll(() => product.close())

test('while connections to the database die, answers say so plainly, and nothing else suffers', async () => {
  const dana = await makeFirm(product)
  const killing = setInterval(() => {
    void product.admin.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where usename = 'ledgersync_app' and datname = current_database()`,
    )
  }, 3)
  const answers: { status: number; code: string | null }[] = []
  try {
    for (let round = 0; round < 40; round++) {
      const both = await Promise.all([product.call(auth.me, {}, dana), product.call(clients.list, {}, dana)])
      // A refused call answers a Problem
      for (const { status, body } of both) answers.push({ status, code: (body as { code?: string }).code ?? null })
    }
  } finally {
    clearInterval(killing)
  }
  const refused = answers.filter(({ status }) => status !== 200)
  expect(refused.length).toBeGreaterThan(0)
  expect(new Set(refused.map(({ status, code }) => `${status} ${code}`))).toEqual(new Set(['503 unavailable']))
  expect(product.logs.filter((line) => line.includes('unexpected error'))).toEqual([])
  expect((await product.call(auth.me, {}, dana)).status).toBe(200)
})
