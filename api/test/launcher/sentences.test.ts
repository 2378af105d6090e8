import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writableHome } from '../../dev/install.mjs'
import { givenAddresses, readGivenAddresses } from '../../dev/local-database.mjs'
import { inRoot, root } from '../../dev/paths.mjs'
import { freePort } from '../../dev/ports.mjs'
import { failureText, Stop } from '../../dev/report.mjs'

const before = { ...process.env }
afterEach(() => void (process.env = { ...before }))

test.each([
  ['EACCES', 'permission denied', `${root}: whoever starts it must be allowed to write there`],
  ['EROFS', 'the disk can only be read', root],
  ['ENOSPC', 'the disk is full', 'Make room, then start again'],
])('what the system refuses with %s is said in a sentence, without a stack', (code, reason, help) => {
  const error = Object.assign(new Error(`${code}: refused, mkdir '/closed/.data'`), { code, syscall: 'mkdir', path: '/closed/.data' })
  const text = failureText(error)
  expect(text).toContain(`Ledgersync cannot use /closed/.data: ${reason}.`)
  expect(text).toContain(help)
  expect(text).not.toContain('    at ')
})

test('a mistake in the program keeps its stack', () => {
  expect(failureText(new TypeError('not a function'))).toContain('    at ')
  expect(failureText(Object.assign(new Error('listen EACCES'), { code: 'EACCES', syscall: 'listen' }))).toContain('    at ')
})

test.each([
  ['DATABASE_URL', 'foo'],
  ['DATABASE_URL', 'mysql://somebody:secret@localhost/db'],
  ['DATABASE_OWNER_URL', 'secret@localhost'],
])('%s that is no address is named before anything else is done, and not shown', (name, value) => {
  const env = { ...before, DATABASE_URL: 'postgres://a:b@localhost/c', [name]: value }
  const { status, stderr, stdout } = spawnSync(process.execPath, [inRoot('api/dev/start.mjs')], { env, encoding: 'utf8' })
  expect(status).toBe(1)
  expect(stderr.trim()).toBe(
    `${name} is not the address of a PostgreSQL database. It looks like postgres://name:password@host:5432/database`,
  )
  expect(stdout).toBe('')
  process.env.DATABASE_URL = ''
  expect(readGivenAddresses()).toBeNull()
})

test('a server that does not answer, or not to that password, is said with the setting that names it', async () => {
  const secrets = { ownerPassword: 'owner', appPassword: 'app' }
  delete process.env.DATABASE_OWNER_URL
  const port = await freePort()
  process.env.DATABASE_URL = `postgres://me:secret@127.0.0.1:${port}/books`
  const nobody = givenAddresses(secrets)
  await expect(nobody).rejects.toThrow(Stop)
  await expect(nobody).rejects.toThrow(`No PostgreSQL server answers at the address in DATABASE_URL, 127.0.0.1:${port}/books: `)
  await expect(nobody).rejects.not.toThrow('secret')

  const server = new URL(process.env.LEDGERSYNC_TEST_CLUSTER ?? '')
  const tcp = `postgres://postgres:a-guess@127.0.0.1:${server.port}/postgres`
  Object.assign(process.env, { DATABASE_URL: tcp, DATABASE_OWNER_URL: tcp })
  await expect(givenAddresses(secrets)).rejects.toThrow(
    `The PostgreSQL server at the address in DATABASE_URL, 127.0.0.1:${server.port}/postgres refuses the name or password there: `,
  )
})

test('where nothing can be written at home, the caches of the installation lie in the checkout', () => {
  const home = mkdtempSync(join(tmpdir(), 'ledgersync-home-'))
  expect(writableHome(home, join(home, '.npm'))).toEqual({})
  const { HOME, npm_config_cache: cache, ...others } = writableHome('/dev/null/nonexistent', join(home, '.npm'))
  expect(HOME).toBe(inRoot('node_modules/.cache/home'))
  for (const path of [cache, ...Object.values(others)]) expect(path?.startsWith(`${HOME}/`)).toBe(true)
  rmSync(home, { recursive: true })
})
