import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { becomeTheOnlyStart } from '../../dev/instance.mjs'
import { readLock, tryLock, withLock } from '../../dev/lock.mjs'
import { freePort, nextFreePort } from '../../dev/ports.mjs'

const folder = mkdtempSync(join(tmpdir(), 'ledgersync-instance-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('one holds a lock, and it is taken over from a process that is gone', async () => {
  const file = join(folder, 'one')
  expect(tryLock(file)).toBeNull()
  expect(tryLock(file)).toEqual({ pid: process.pid })

  const gone = spawn(process.execPath, ['-e', ''])
  await new Promise((resolve) => gone.once('close', resolve))
  writeFileSync(file, JSON.stringify({ pid: gone.pid }))
  expect(tryLock(file)).toBeNull()
  expect(readLock(file)).toEqual({ pid: process.pid })
})

test('work under a lock never overlaps, and a failure gives it back', async () => {
  const file = join(folder, 'two')
  let inside = 0
  const work = async (): Promise<void> => {
    inside += 1
    expect(inside).toBe(1)
    await new Promise((resolve) => setTimeout(resolve, 20))
    inside -= 1
  }
  await Promise.all([1, 2, 3].map(() => withLock(file, work)))
  await expect(withLock(file, () => Promise.reject(new Error('broke')))).rejects.toThrow('broke')
  expect(() => readFileSync(file)).toThrow('ENOENT')
})

test('a taken port makes way for the next one that is neither taken nor reserved', async () => {
  const port = await freePort()
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const chosen = await nextFreePort(port, new Set([port, port + 1]))
  expect(chosen).toBeGreaterThan(port + 1)
  await new Promise((resolve) => server.close(resolve))
})

test('a start waits for one that is ending, and stops at one that runs', async () => {
  const file = join(folder, 'running')
  const earlier = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)', 'start.mjs'])
  const gone = new Promise((resolve) => earlier.once('close', resolve))
  const holds = (state: object): void => writeFileSync(file, JSON.stringify({ pid: earlier.pid, ...state }))
  try {
    holds({})
    await expect(becomeTheOnlyStart(file)).rejects.toThrow(`and is still starting (process ${earlier.pid})`)
    holds({ url: 'http://localhost:3000' })
    await expect(becomeTheOnlyStart(file)).rejects.toThrow('at http://localhost:3000')
    holds({ url: 'http://localhost:3000', stopping: true })
    setTimeout(() => earlier.kill('SIGKILL'), 300)
    await becomeTheOnlyStart(file)
    expect(earlier.killed).toBe(true)
    expect(readLock(file)).toEqual({ pid: process.pid })
  } finally {
    earlier.kill('SIGKILL')
    await gone
  }
})
