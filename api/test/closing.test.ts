import { connect, type Socket } from 'node:net'
import { startTestApp, type TestApp } from './harness.ts'

let product: TestApp
beforeAll(async () => {
  product = await startTestApp()
})
afterAll(() => product.close())

async function open(): Promise<Socket> {
  const socket = connect(Number(new URL(product.config.publicUrl).port), '127.0.0.1')
  await new Promise((resolve) => socket.once('connect', resolve))
  return socket
}

test('an end waits for the answers under way, and for nobody who keeps a connection without asking for anything', async () => {
  const [silent, asking] = [await open(), await open()]
  silent.on('error', () => {})
  const answer: Buffer[] = []
  asking.on('data', (part: Buffer) => answer.push(part))
  const answered = new Promise((resolve) => asking.once('close', resolve))
  asking.write('POST /v1/auth/sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{')
  await new Promise((resolve) => setTimeout(resolve, 100))
  let closed = false
  const closing = product.app.close().then(() => (closed = true))
  await new Promise((resolve) => setTimeout(resolve, 100))
  expect(closed).toBe(false)
  asking.write('}')
  // A connection may idle for over a minute and be silent for a quarter of one
  await Promise.race([closing, new Promise((resolve) => setTimeout(resolve, 10_000))])
  expect(closed).toBe(true)
  await answered
  expect(Buffer.concat(answer).toString()).toMatch(/^HTTP\/1\.1 40[03] /)
})
