import { get, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { auth } from '@ledgersync/shared/auth'
import { makeFirm, makeStaff, type Person } from '../factories.ts'
import { startTestApp, type TestApp } from '../harness.ts'
import { ask, portOf } from './kit.ts'
import { liveChannel } from '../../src/core/publish.ts'

let product: TestApp
beforeAll(async () => {
  product = await startTestApp()
})
afterAll(() => product.close())

function open(as: Person): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port: portOf(product), path: '/v1/events', headers: { cookie: as.cookie }, agent: false }, (response) => {
      response.on('error', () => {})
      resolve(response)
    }).on('error', reject)
  })
}
const closed = (response: IncomingMessage): Promise<void> =>
  new Promise((resolve) => {
    response.once('close', resolve)
    response.destroy()
  })
/** Waits for what the other side does in its own time. */
const until = async (condition: () => Promise<boolean>): Promise<void> => {
  for (let round = 0; round < 200 && !(await condition()); round++) await new Promise((wait) => setTimeout(wait, 25))
}

test('one person holds ten streams; the eleventh is refused until one is closed; others have their own', async () => {
  const dana = await makeFirm(product)
  const marcus = await makeStaff(product, dana.firmId, 'employee')
  const streams = await Promise.all(Array.from({ length: 10 }, () => open(dana)))
  expect(streams.map(({ statusCode }) => statusCode)).toEqual(Array.from({ length: 10 }, () => 200))
  const refused = await ask(product, '/v1/events', { headers: { cookie: dana.cookie } })
  expect([refused.status, JSON.parse(refused.body).code, refused.headers['retry-after']]).toEqual([429, 'too_many_requests', '30'])
  const other = await open(marcus)
  expect(other.statusCode).toBe(200)
  const [first, ...rest] = streams
  if (first === undefined) throw new Error('There are ten streams')
  await closed(first)
  let again: IncomingMessage | undefined
  await until(async () => {
    again = await open(dana)
    return again.statusCode === 200
  })
  expect(again?.statusCode).toBe(200)
  for (const stream of [...rest, other, again]) stream?.destroy()
})

test('who goes away before the answer holds nothing', async () => {
  const dana = await makeFirm(product)
  for (let times = 0; times < 40; times++) {
    await new Promise<void>((resolve) => {
      const socket = connect({ host: '127.0.0.1', port: portOf(product) }, () => {
        socket.write(`GET /v1/events HTTP/1.1\r\nhost: x\r\ncookie: ${dana.cookie}\r\n\r\n`, () => socket.destroy())
      })
      socket.once('close', () => resolve())
      socket.on('error', () => {})
    })
  }
  let stream: IncomingMessage | undefined
  await until(async () => {
    stream = await open(dana)
    return stream.statusCode === 200
  })
  expect(stream?.statusCode).toBe(200)
  const more = await Promise.all(Array.from({ length: 9 }, () => open(dana)))
  expect(more.map(({ statusCode }) => statusCode)).toEqual(Array.from({ length: 9 }, () => 200))
  for (const each of [...more, stream]) each?.destroy()
})

test('who does not read is let go instead of being remembered in memory', async () => {
  const dana = await makeFirm(product)
  const socket = connect({ host: '127.0.0.1', port: portOf(product) })
  let ended = false
  socket.on('error', () => {})
  socket.once('close', () => void (ended = true))
  socket.write(`GET /v1/events HTTP/1.1\r\nhost: x\r\ncookie: ${dana.cookie}\r\n\r\n`)
  await new Promise<void>((resolve) => socket.once('data', () => resolve()))
  socket.pause()
  await until(async () => {
    await product.admin.query(
      `select pg_notify($1, json_build_object('firmId', $2::text, 'topic', 'transactions', 'clientId', gen_random_uuid())::text)
       from generate_series(1, 10000)`,
      [liveChannel, dana.firmId],
    )
    return (await sockets()) === 0
  })
  expect(await sockets()).toBe(0)
  socket.destroy()
  expect(ended || socket.destroyed).toBe(true)
}, 60_000)

const sockets = (): Promise<number> =>
  new Promise((resolve, reject) => product.app.server.getConnections((error, count) => (error ? reject(error) : resolve(count))))

test('a stream ends with its session, even one of many', async () => {
  const dana = await makeFirm(product)
  const streams = await Promise.all([open(dana), open(dana), open(dana)])
  const ends = streams.map((stream) => new Promise<void>((resolve) => stream.resume().once('end', resolve)))
  expect((await product.call(auth.signOut, {}, dana)).status).toBe(204)
  await Promise.all(ends)
})
