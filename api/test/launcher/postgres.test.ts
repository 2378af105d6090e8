import { chmodSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { checkLocalDatabase } from '../../dev/local-database.mjs'
import { type Cluster, endPostgres, isAlive, readPostmaster, startPostgres } from '../../dev/postgres.mjs'

jest.setTimeout(60_000)

const folder = mkdtempSync(join(realpathSync(tmpdir()), 'ledgersync-launcher-'))
const data = join(folder, 'postgres')
const start = (): Promise<Cluster> => startPostgres({ data, password: 'of the superuser' })

// The server may run as another user than this test.
beforeAll(() => chmodSync(folder, 0o755))

afterAll(async () => {
  await endPostgres(data)
  rmSync(folder, { recursive: true, force: true })
})

test('data survives a stop, a killed launcher and a killed server', async () => {
  const first = await start()
  await query(first.url, 'create table kept (n int)')
  await query(first.url, 'insert into kept values (1)')
  await first.stop()
  expect(readPostmaster(data)).toBeNull()

  const second = await start()
  expect(second.adopted).toBe(false)
  await query(second.url, 'insert into kept values (2)')

  // A launcher that was killed leaves the server running: the next one finds the same.
  const third = await start()
  expect(third).toMatchObject({ adopted: true, pid: second.pid, port: second.port })

  process.kill(third.pid, 'SIGKILL')
  while (isAlive(third.pid)) await new Promise((resolve) => setTimeout(resolve, 5))
  const fourth = await start()
  expect(fourth.adopted).toBe(false)
  expect(await query(fourth.url, 'select n from kept order by n')).toEqual([{ n: 1 }, { n: 2 }])
  await fourth.stop()
})

test('a pid file that names a process of somebody else does not stop a start', async () => {
  await (await start()).stop()
  writeFileSync(join(data, 'postmaster.pid'), `${process.pid}\n${data}\n0\n1\n\n127.0.0.1\n\nready\n`)
  const server = await start()
  expect(server.pid).not.toBe(process.pid)
  expect(await query(server.url, 'select 1 as n')).toEqual([{ n: 1 }])
  await server.stop()
})

test('a cluster whose making was cut off is made anew', async () => {
  const cut = join(folder, 'cut/postgres')
  mkdirSync(join(folder, 'cut/postgres.new-1'), { recursive: true })
  writeFileSync(join(folder, 'cut/postgres.new-1/PG_VERSION'), '18')
  const server = await startPostgres({ data: cut, password: 'of the superuser', throwAway: true })
  expect(await query(server.url, 'select 1 as n')).toEqual([{ n: 1 }])
  expect(readdirSync(join(folder, 'cut'))).toEqual(['postgres'])
  await server.stop()
})

test('nobody gets in without the password', async () => {
  const server = await start()
  const url = new URL(server.url)
  url.password = 'a guess'
  await expect(query(url.href, 'select 1')).rejects.toThrow('password authentication failed')
  await checkLocalDatabase(server.url, data)
  await expect(checkLocalDatabase(url.href, data)).rejects.toThrow(`The database in ${data} was not made with the passwords in `)
  await server.stop()
})

async function query(connectionString: string, text: string): Promise<unknown[]> {
  const client = new Client({ connectionString })
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(text)).rows
  } finally {
    await client.end()
  }
}
