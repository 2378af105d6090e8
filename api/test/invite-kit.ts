import type { Problem } from '@ledgersync/shared/errors'
import { type Invite, invites } from '@ledgersync/shared/invites'
import { makeClient, type Person } from './factories.ts'
import type { TestApp } from './harness.ts'

/** What tests of invites share. Asks for the app and the person at each use. */
export function inviteKit(app: () => TestApp, dana: () => Person) {
  const client = (overrides: Parameters<typeof makeClient>[2] = {}) => makeClient(app(), dana(), overrides)
  const create = (clientId: string, channel: 'sms' | 'email' | 'both' | 'copy', as: Person = dana()) =>
    app().call(invites.create, { params: { clientId }, body: { channel } }, as)
  const listOf = async (clientId: string): Promise<Invite[]> =>
    (await app().call(invites.list, { params: { clientId } }, dana())).body.items
  // A refused call answers a Problem
  const codeOf = (answer: { body: unknown }): string => (answer.body as Problem).code
  const tokenOf = (url: string | null): string => /\/i\/([\w-]{43})/.exec(url ?? '')?.[1] ?? 'none'

  async function copied(clientId: string): Promise<string> {
    const answer = await create(clientId, 'copy')
    expect(answer.status).toBe(201)
    return tokenOf(answer.body.url)
  }
  const page = (token: string, headers: Record<string, string> = {}, query = '') => app().request().get(`/i/${token}${query}`).set(headers)

  /** Everything a visit could change, as one text. */
  async function everything(): Promise<string> {
    const { rows } = await app().admin.query<{ text: string }>(`select (select string_agg(l::text, ' ' order by id) from links l)
      || (select string_agg(i::text, ' ' order by id) from invites i) || coalesce((select string_agg(m::text, ' ' order by id) from messages m), '')
      || (select count(*) from audit_log) || (select count(*) from link_sessions) || (select count(*) from graphile_worker._private_jobs) as text`)
    return rows[0]?.text ?? ''
  }

  return { client, create, listOf, codeOf, tokenOf, copied, page, everything }
}
