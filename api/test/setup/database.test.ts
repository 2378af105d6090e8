import { Client } from 'pg'
import { testDatabase } from './database.ts'

test('each call gives a database of its own', async () => {
  const [first, second] = [await testDatabase(), await testDatabase()]
  expect(first.name).not.toBe(second.name)
  await withClient(first.adminUrl, (client) => client.query('create table only_here (id int)'))
  const seen = await withClient(second.adminUrl, (client) =>
    client.query<{ there: string | null }>("select to_regclass('only_here') as there"),
  )
  expect(seen.rows).toEqual([{ there: null }])
})

test('the addresses lead to the same database as different roles', async () => {
  const { name, appUrl, ownerUrl, adminUrl } = await testDatabase()
  const who = async (url: string) =>
    (await withClient(url, (client) => client.query('select current_database() as name, current_user as role'))).rows[0]
  expect(await who(appUrl)).toEqual({ name, role: 'ledgersync_app' })
  expect(await who(ownerUrl)).toEqual({ name, role: 'ledgersync_owner' })
  expect(await who(adminUrl)).toEqual({ name, role: 'postgres' })
})

async function withClient<T>(connectionString: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}
