import { uploads } from '@ledgersync/shared/uploads'
import type { Stage } from './stage.ts'

const uploadsMax = 600
const begunMax = 3
const doneMax = 10
let uploadCount = 0

/** Rows of clients that are new, of one whose login staff hold, and of one that was uploaded before; now and then a bad one. */
export async function uploadList({ people, random }: Stage): Promise<boolean> {
  if (uploadCount >= uploadsMax) return false
  uploadCount += 1
  const list = uploadCount
  const desk = random.pick(people.desks)
  // A person may have so many unfinished ones, and then none is taken; done ones are put away now and then
  const { items } = await desk.call(uploads.list, {})
  const begun = items.filter(({ state }) => state === 'matching' || state === 'ready')
  const done = items.filter(({ state }) => state === 'done')
  const oldest = begun.length >= begunMax ? begun.at(-1) : done.length >= doneMax ? done.at(-1) : undefined
  if (oldest !== undefined) await desk.call(uploads.remove, { params: { uploadId: oldest.id } })
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
