import { uploads } from '@ledgersync/shared/uploads'
import type { Stage } from './stage.ts'

const uploadsMax = 600
const settledMax = 10
let uploadCount = 0

/** Rows of clients that are new, of one whose login staff hold, and of one that was uploaded before; now and then a bad one. */
export async function uploadList({ people, random }: Stage): Promise<boolean> {
  if (uploadCount >= uploadsMax) return false
  uploadCount += 1
  const list = uploadCount
  const desk = random.pick(people.desks)
  // A firm keeps so many, and then none goes on
  const { items } = await desk.call(uploads.list, {})
  const settled = items.filter(({ state }) => state !== 'queued' && state !== 'inviting')
  const oldest = settled.at(-1)
  if (settled.length >= settledMax && oldest !== undefined) await desk.call(uploads.remove, { params: { uploadId: oldest.id } })
  const rows = Array.from(
    { length: random.integer(1, 3) },
    (_, index) => `Upload ${list},upload${list}.${index}@larkspur.example,503${5_540_000 + list * 100 + index},no`,
  )
  const again = `Again ${list},again@larkspur.example,(503) 555-0101,no`
  const bad = random.percent(30) ? ['Bad,nope,,no'] : []
  const text = ['Business name,E-mail,Cell phone,Bank login', ...rows, `Own ${list},,,yes`, again, ...bad].join('\n')
  const made = await desk.call(uploads.create, { body: { fileName: `list ${list}.csv`, content: Buffer.from(text).toString('base64') } })
  const params = { uploadId: made.id }
  const fields = made.columns.map(({ field }) => field)
  await desk.call(uploads.match, { params, body: { fields, staffHaveAccess: false } })
  await desk.call(uploads.run, { params, body: { badRows: 'skip', invite: random.pick(['sms', 'sms', 'none'] as const) } })
  return true
}
