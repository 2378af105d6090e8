import { books } from '@ledgersync/shared/books'
import type { Person } from './factories.ts'
import type { TestApp } from './harness.ts'

/** Connects the client to a company of the emulated QuickBooks the way a person does; answers the realm. */
export async function connectBooks(test: TestApp, by: Person, clientId: string, companyName: string): Promise<string> {
  const { body } = await test.call(books.authorize, { params: { clientId } }, by)
  const redirectUrl = await test.network.intuit.completeAuthorization(body.url, companyName)
  const { pathname, search } = new URL(redirectUrl)
  const answer = await test.request().get(`${pathname}${search}`).set('Cookie', by.cookie)
  if (answer.headers.location !== `${test.config.publicUrl}/clients/${clientId}/mapping?books=connected`)
    throw new Error(`Not connected: ${answer.status} ${answer.headers.location}`)
  const failures = await test.drain()
  if (failures.length > 0) throw new Error(failures.join('\n'))
  return new URL(redirectUrl).searchParams.get('realmId') ?? ''
}

/** Ids of the client's QuickBooks accounts and vendors by name. */
export async function booksIds(test: TestApp, by: Person, clientId: string): Promise<Map<string, string>> {
  const accounts = await test.call(books.accounts, { params: { clientId } }, by)
  const vendors = await test.call(books.vendors, { params: { clientId } }, by)
  return new Map([...accounts.body.items, ...vendors.body.items].map(({ id, name }) => [name, id]))
}
