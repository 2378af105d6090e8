import { runModel } from '../torture/model/run.ts'
import { modelNetwork } from '../torture/model/real.ts'
import { startTestApp, type TestApp } from './harness.ts'

/** More of it: MODEL_SEQUENCES=500. Again: MODEL_SEED=… as it was printed, with MODEL_PATH=… only what failed. */
const sequences = Number(process.env.MODEL_SEQUENCES ?? 12)
/** The same every time: `npm run torture` is where new sequences are tried. */
const seed = Number(process.env.MODEL_SEED ?? 20_261_125)
const path = process.env.MODEL_PATH

let product: TestApp
beforeAll(async () => {
  product = await startTestApp({ LOG_LEVEL: 'error' }, { network: modelNetwork })
})
afterAll(() => product.close())

test(
  `whatever people, banks and bookkeepers do, the product, the phones and the books are what the model says (seed ${seed})`,
  async () => {
    const result = await runModel(product, { seed, sequences, ...(path !== undefined && { path }) })
    expect(result.violations).toEqual([])
    expect(result.sequences).toBeGreaterThan(0)
  },
  6 * 60 * 60_000,
)
