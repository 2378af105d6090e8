import fc from 'fast-check'
import { type Push as RealPush, pushes } from '@ledgersync/shared/pushes'
import { review } from '@ledgersync/shared/review'
import { canApprove, isPostable, push } from '../books.ts'
import { recode } from '../coding.ts'
import { chartOf, clientOf, must, type Real, rowsOf, transactionIds } from '../real.ts'
import { at, categoryCount, type Client, companyOf, living, type Model, type Push, type Row } from '../state.ts'
import type { Step } from '../step.ts'
import { expenses } from './books.ts'

const some = fc.nat(50)
const bitCount = 12
/** Which of the client's rows: bits, so that fewer of them are a smaller number. */
const which = fc.integer({ min: 1, max: 2 ** bitCount - 1 })

const withRows = (model: Model): Client[] => living(model).filter(({ rows }) => rows.length > 0)
const chosen = (client: Client | undefined, bits: number): Row[] =>
  client?.rows.filter((_row, index) => ((bits >> (index % bitCount)) & 1) === 1) ?? []

interface Hand {
  category?: number
  account?: string
  memo?: string | null
  clears?: true
}

const hand: fc.Arbitrary<Hand> = fc.oneof(
  fc.record({ category: fc.nat(categoryCount - 1) }),
  fc.record({ account: fc.constantFrom(...expenses) }),
  fc.record({ memo: fc.constantFrom('by hand', null) }),
  fc.constant<Hand>({ clears: true }),
)

export const codeByHand: Step<{ client: number; row: number; hand: Hand }> = {
  name: 'code by hand',
  weight: 3,
  params: fc.record({ client: some, row: some, hand }),
  can: (model) => withRows(model).length > 0,
  async act(model, real, { client: pick, row: number, hand: set }) {
    const client = at(withRows(model), pick)
    const row = client === undefined ? undefined : at(client.rows, number)
    if (client === undefined || row === undefined) return
    const { id: clientId } = clientOf(real, client.index)
    const transactionId = (await transactionIds(real, client.index)).get(row.key) ?? ''
    const company = companyOf(client)
    const booksAccountId = set.account === undefined ? undefined : ((await chartOf(real, client.index)).get(set.account) ?? clientId)
    const body = {
      ...(set.category !== undefined && { categoryId: real.categories[set.category] ?? '' }),
      ...(booksAccountId !== undefined && { booksAccountId }),
      ...(set.memo !== undefined && { memo: set.memo }),
      ...(set.clears === true && { categoryId: null }),
    }
    const { status } = await real.product.call(review.code, { params: { transactionId }, body }, real.dana)
    const isOpen = ['open', 'approved', 'failed'].includes(row.stage)
    const expected = set.account !== undefined && company === null ? 400 : isOpen ? 200 : 409
    must('coding by hand', status, expected)
    if (expected === 200) code(client, row, set)
  },
}

function code(client: Client, row: Row, { category, account, memo, clears }: Hand): void {
  const before = JSON.stringify([row.target, row.memo])
  const company = companyOf(client)
  if (category !== undefined) Object.assign(row, { target: { category }, targetBy: 'person' })
  if (account !== undefined && company !== null) Object.assign(row, { target: { company, account }, targetBy: 'person' })
  if (clears === true) Object.assign(row, { target: null, targetBy: null })
  if (memo !== undefined) Object.assign(row, { memo, memoBy: memo === null ? null : 'person' })
  // Who decided the category is no rule any more
  if (memo === undefined) row.rule = null
  if (row.stage === 'approved' && JSON.stringify([row.target, row.memo]) !== before) row.stage = 'open'
  recode(client, row)
}

/** Keys of the rows that the answer names. */
async function keysOf(real: Real, client: Client, ids: string[]): Promise<string[]> {
  const byId = new Map([...(await transactionIds(real, client.index))].map(([key, id]) => [id, key]))
  return ids.map((id) => byId.get(id) ?? 'none').sort()
}

async function idsOf(real: Real, client: Client, rows: Row[]): Promise<string[]> {
  const ids = await transactionIds(real, client.index)
  return rows.map(({ key }) => ids.get(key) ?? '')
}

export const approve: Step<{ client: number; rows: number }> = {
  name: 'approve',
  weight: 5,
  params: fc.record({ client: some, rows: which }),
  can: (model, { client, rows }) => chosen(at(withRows(model), client), rows).length > 0,
  async act(model, real, { client: pick, rows: bits }) {
    const client = at(withRows(model), pick)
    if (client === undefined) return
    const rows = chosen(client, bits)
    const { status, body } = await real.product.call(
      review.approve,
      { body: { transactionIds: await idsOf(real, client, rows) } },
      real.dana,
    )
    must('approving', status, 200)
    const wanted = rows.filter((row) => row.stage === 'approved' || canApprove(client, row))
    must('rows approved', await keysOf(real, client, body.done), wanted.map(({ key }) => key).sort())
    for (const row of wanted) row.stage = 'approved'
  },
}

export const unapprove: Step<{ client: number; rows: number }> = {
  name: 'unapprove',
  weight: 1,
  params: fc.record({ client: some, rows: which }),
  can: (model, { client, rows }) => chosen(at(withRows(model), client), rows).length > 0,
  async act(model, real, { client: pick, rows: bits }) {
    const client = at(withRows(model), pick)
    if (client === undefined) return
    const rows = chosen(client, bits)
    const { status, body } = await real.product.call(
      review.unapprove,
      { body: { transactionIds: await idsOf(real, client, rows) } },
      real.dana,
    )
    must('unapproving', status, 200)
    const wanted = rows.filter(({ stage }) => ['approved', 'open', 'failed'].includes(stage))
    must('rows unapproved', await keysOf(real, client, body.done), wanted.map(({ key }) => key).sort())
    for (const row of wanted.filter(({ stage }) => stage === 'approved')) {
      row.stage = 'open'
      recode(client, row)
    }
  },
}

export const pushAll: Step<{ client: number | null }> = {
  name: 'push',
  weight: 4,
  params: fc.record({ client: fc.option(some, { freq: 3 }) }),
  can: (model) => living(model).length > 0,
  async act(model, real, { client: pick }) {
    const only = pick === null ? null : at(living(model), pick)
    if (only === undefined) return
    const body = only === null ? {} : { clientId: clientOf(real, only.index).id }
    const answer = await real.product.call(pushes.create, { body }, real.dana)
    must('pushing', answer.status, 201)
    const clients = only === null ? living(model) : [only]
    const approved = clients.map((client) => ({ client, rows: client.rows.filter(({ stage }) => stage === 'approved') }))
    const going = approved.map(({ client, rows }) => ({ client, rows: rows.filter((row) => isPostable(client, row)) }))
    const count = (list: { rows: Row[] }[]): number => list.reduce((sum, { rows }) => sum + rows.length, 0)
    must('rows refused', answer.body.refused.length, count(approved) - count(going))
    must(
      'rows pushed',
      answer.body.batches.reduce((sum, batch) => sum + batch.count, 0),
      count(going),
    )
    for (const { client, rows } of going) {
      if (rows.length > 0) model.batchCount += 1
      for (const row of rows) push(client, row, model.batchCount)
    }
  },
}

interface Found {
  client: Client
  push: Push
}

const allPushes = (model: Model): Found[] => living(model).flatMap((client) => client.pushes.map((each) => ({ client, push: each })))

/** The product's batch of this push, with its entries. */
async function batchOf(real: Real, { client, push: wanted }: Found): Promise<{ batchId: string; entry: RealPush | undefined }> {
  const { row } = wanted
  const transactionId = (await transactionIds(real, client.index)).get(row) ?? ''
  const rows = await rowsOf<{ id: string; batch: string }>(
    real,
    'select id, batch_id as batch from pushes where transaction_id = $1 order by created_at, id',
    [transactionId],
  )
  // The same row of the model, counted through its pushes: a retry makes one more in the same batch
  const nth = client.pushes.filter((each) => each.row === row).indexOf(wanted)
  const found = rows[nth]
  if (found === undefined) throw new Error('The model has a push that the product has not')
  const { body } = await real.product.call(pushes.get, { params: { batchId: found.batch } }, real.dana)
  return { batchId: found.batch, entry: body.entries.find(({ id }) => id === found.id) }
}

const isConnected = ({ client, push: { company } }: Found): boolean => companyOf(client) === company

export const undoOne: Step<{ push: number }> = {
  name: 'undo an entry',
  weight: 3,
  params: fc.record({ push: some }),
  can: (model) => allPushes(model).some(({ push: { replaced } }) => !replaced),
  async act(model, real, { push: pick }) {
    const found = at(
      allPushes(model).filter(({ push: { replaced } }) => !replaced),
      pick,
    )
    if (found === undefined) return
    const { entry } = await batchOf(real, found)
    const { status } = await real.product.call(pushes.undo, { params: { pushId: entry?.id ?? '' } }, real.dana)
    const expected = isConnected(found) && found.push.state === 'pushed' ? 200 : 409
    must('undoing an entry', status, expected)
    if (expected === 200) found.push.state = 'undoing'
  },
}

export const undoBatch: Step<{ push: number }> = {
  name: 'undo a batch',
  weight: 1,
  params: fc.record({ push: some }),
  can: (model) => allPushes(model).length > 0,
  async act(model, real, { push: pick }) {
    const found = at(allPushes(model), pick)
    if (found === undefined) return
    const { batchId } = await batchOf(real, found)
    const { status } = await real.product.call(pushes.undoBatch, { params: { batchId } }, real.dana)
    const ofBatch = found.client.pushes.filter(({ batch, state }) => batch === found.push.batch && state === 'pushed')
    const expected = isConnected(found) && ofBatch.length > 0 ? 200 : 409
    must('undoing a batch', status, expected)
    if (expected === 200) for (const each of ofBatch) each.state = 'undoing'
  },
}

export const retry: Step<{ push: number }> = {
  name: 'retry a batch',
  weight: 1,
  params: fc.record({ push: some }),
  can: (model) => allPushes(model).some(({ push: { state } }) => state === 'failed'),
  async act(model, real, { push: pick }) {
    const found = at(
      allPushes(model).filter(({ push: { state } }) => state === 'failed'),
      pick,
    )
    if (found === undefined) return
    const { client } = found
    const { batchId } = await batchOf(real, found)
    const { status } = await real.product.call(pushes.retry, { params: { batchId } }, real.dana)
    const failed = client.pushes.filter(({ batch, state, replaced }) => batch === found.push.batch && state === 'failed' && !replaced)
    must('retrying a batch', status, failed.length === 0 ? 409 : 200)
    for (const { row: key, batch } of failed) {
      const row = client.rows.find((each) => each.key === key)
      const may = row !== undefined && (row.stage === 'failed' || row.stage === 'approved') && isPostable(client, row)
      if (row !== undefined && may) push(client, row, batch)
    }
  },
}
