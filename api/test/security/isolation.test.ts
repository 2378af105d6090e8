import { asks } from '../../torture/isolation-asks.ts'
import { runIsolation } from '../../torture/isolation.ts'
import { allEndpoints } from '../endpoints.ts'
import { startTestApp, type TestApp } from '../harness.ts'

// A short run of what `npm run torture -- --only isolation` does for longer; here with the same choices every time
const seed = 20_261_125

let product: TestApp
beforeAll(async () => {
  product = await startTestApp({ LOG_LEVEL: 'silent', DATABASE_CONNECTIONS_MAX: '5' })
})
afterAll(() => product.close())

test('people of ten firms on five connections see what is theirs, whatever fails between', async () => {
  const { name, violations } = await runIsolation(product, { seed, requests: 800, firms: 10, say: () => {} })
  expect({ name, violations }).toEqual({ name, violations: [] })
}, 120_000)

test('everything that staff can read is asked for', () => {
  // Banks of the whole country, by the bank provider
  const ofNobody = ['searchInstitutions']
  const readable = allEndpoints.filter(
    ({ method, config }) => method === 'GET' && (config.access === 'staff' || config.access === 'administrator'),
  )
  const asked = new Set(asks.map(({ operationId }) => operationId))
  const missing = readable.map(({ schema }) => schema.operationId).filter((id) => !asked.has(id) && !ofNobody.includes(id))
  expect(missing).toEqual([])
})
