import { runIsolation } from '../../torture/isolation.ts'
import { startTestApp, type TestApp } from '../harness.ts'

// A short run of what `npm run torture -- --only isolation` does for longer; the seed is in the name of what fails
const seed = Math.floor(Math.random() * 2 ** 31)

let product: TestApp
beforeAll(async () => {
  product = await startTestApp({ LOG_LEVEL: 'silent', DATABASE_CONNECTIONS_MAX: '5' })
}, 30_000)
afterAll(() => product.close())

test('people of ten firms on five connections see what is theirs, whatever fails between', async () => {
  const { name, violations } = await runIsolation(product, { seed, requests: 1_500, firms: 10, say: () => {} })
  expect({ name, violations }).toEqual({ name, violations: [] })
}, 120_000)
