import { randomBytes } from 'node:crypto'
import { get } from 'node:http'
import { auth } from '@ledgersync/shared/auth'
import { clients } from '@ledgersync/shared/clients'
import { firms } from '@ledgersync/shared/firms'
import { staff } from '@ledgersync/shared/team'
import { Ajv } from 'ajv'
import { recordAudit, verifyAudit } from '../src/core/audit.ts'
import { createKeyring, rewrapFirmKey, seal, unseal } from '../src/core/crypto.ts'
import { newId } from '../src/core/ids.ts'
import { withFirm } from '../src/db/client.ts'
import { auditDetailsTable } from '../src/db/schema/firms.ts'
import { allEndpoints } from './endpoints.ts'
import { makeClient, makeFirm, makeStaff, type Person } from './factories.ts'
import { startTestApp, type TestApp } from './harness.ts'

let product: TestApp
beforeAll(async () => {
  product = await startTestApp()
})
afterAll(() => product.close())

const place = { table: 'connections', column: 'access_token_sealed', rowId: '018f0000-0000-7000-8000-000000000001' }

test('a sealed value opens only in its own place', async () => {
  const [ours, theirs] = [await makeFirm(product), await makeFirm(product)]
  const sealed = await withFirm(ours.ctx, (tx) => seal(tx, ours.ctx, place, 'access-token'))
  expect(sealed.includes('access-token')).toBe(false)
  expect(await withFirm(ours.ctx, (tx) => unseal(tx, ours.ctx, place, sealed))).toBe('access-token')
  for (const moved of [
    { ...place, rowId: '018f0000-0000-7000-8000-000000000002' },
    { ...place, column: 'other' },
    { ...place, table: 'books' },
  ]) {
    await expect(withFirm(ours.ctx, (tx) => unseal(tx, ours.ctx, moved, sealed))).rejects.toThrow()
  }
  await expect(withFirm(theirs.ctx, (tx) => unseal(tx, theirs.ctx, place, sealed))).rejects.toThrow()
  const changed = Buffer.from(sealed)
  changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1
  await expect(withFirm(ours.ctx, (tx) => unseal(tx, ours.ctx, place, changed))).rejects.toThrow()
})

test('the key-encryption key rotates without touching what is sealed', async () => {
  const ours = await makeFirm(product)
  const sealed = await withFirm(ours.ctx, (tx) => seal(tx, ours.ctx, place, 'access-token'))
  const old = product.config.keyEncryptionKeys
  const next = { id: 'next', key: randomBytes(32) }
  const within = (keyring: ReturnType<typeof createKeyring>) => ({ firmId: ours.firmId, deps: { ...product.deps, keyring } })
  const both = within(createKeyring([next, ...old]))
  expect(await withFirm(both, (tx) => rewrapFirmKey(tx, both))).toBe(true)
  expect(await withFirm(both, (tx) => rewrapFirmKey(tx, both))).toBe(false)
  const onlyNext = within(createKeyring([next]))
  expect(await withFirm(onlyNext, (tx) => unseal(tx, onlyNext, place, sealed))).toBe('access-token')
  const onlyOld = within(createKeyring(old))
  await expect(withFirm(onlyOld, (tx) => unseal(tx, onlyOld, place, sealed))).rejects.toThrow('not configured')
})

test('two keys of one name, or one key of two names, are no keyring', () => {
  const [one, other] = [randomBytes(32), randomBytes(32)]
  const ring = (...keys: [string, Buffer][]) => createKeyring(keys.map(([id, key]) => ({ id, key })))
  expect(() => ring(['k1', one], ['k1', other])).toThrow('names two keys k1')
  expect(() => ring(['k2', one], ['k1', Buffer.from(one)])).toThrow('the same key as k2 and as k1')
  expect(() => ring()).toThrow('at least one key')
})

test('the audit chain verifies, survives the erasure of a client, and shows any change', async () => {
  const ours = await makeFirm(product)
  const clientId = newId()
  const write = (step: number) =>
    withFirm(ours.ctx, (tx) =>
      recordAudit(tx, ours.ctx, 'client.updated', { clientId, details: { step, before: null, after: { b: 1, a: [1, { z: 1, y: 2 }] } } }),
    )
  await Promise.all(Array.from({ length: 30 }, (_, step) => write(step)))
  expect(await verifyAudit(ours.ctx)).toMatchObject({ ok: true, sealed: 0, unsealed: 30 })
  await product.advance(10_000)
  expect(await product.drain()).toEqual([])
  expect(await verifyAudit(ours.ctx)).toMatchObject({ ok: true, sealed: 30, unsealed: 0, problem: null })
  await withFirm(ours.ctx, (tx) => tx.delete(auditDetailsTable))
  expect(await verifyAudit(ours.ctx)).toMatchObject({ ok: false, problem: 'details are missing at 1' })
  await withFirm(ours.ctx, (tx) => recordAudit(tx, ours.ctx, 'client.deleted', { id: clientId, clientId }))
  expect(await verifyAudit(ours.ctx)).toMatchObject({ ok: true, unsealed: 1 })
  await write(31)
  await product.advance(10_000)
  await product.drain()
  await product.admin.query(`update audit_details set details = '{"step": 99}' where firm_id = $1`, [ours.firmId])
  expect(await verifyAudit(ours.ctx)).toMatchObject({ ok: false, problem: 'details were changed at 32' })
  await product.admin.query(
    `update audit_log set action = 'client.deleted' where firm_id = $1 and id = (select audit_id from audit_chain where firm_id = $1 and seq = 7)`,
    [ours.firmId],
  )
  expect(await verifyAudit(ours.ctx)).toMatchObject({ ok: false, problem: 'an entry was changed at 7' })
})

/** Opens the event stream as a person and collects what it says. */
async function openStream(person: Person): Promise<{ events: string[]; ended: Promise<void>; close: () => void }> {
  const events: string[] = []
  const request = get({
    host: '127.0.0.1',
    port: new URL(product.config.publicUrl).port,
    path: '/v1/events',
    headers: { cookie: person.cookie },
  })
  const { ended } = await new Promise<{ ended: Promise<void> }>((resolve, reject) => {
    request.once('error', reject)
    request.once('response', (response) => {
      response.on('data', (chunk: Buffer) =>
        events.push(
          ...chunk
            .toString()
            .split('\n')
            .filter((line) => line.startsWith('data: '))
            .map((line) => line.slice(6)),
        ),
      )
      resolve({ ended: new Promise((done) => response.once('close', () => done())) })
    })
  })
  request.on('error', () => {})
  return { events, ended, close: () => request.destroy() }
}

const soon = async (condition: () => boolean): Promise<void> => {
  for (let round = 0; round < 1_000 && !condition(); round++) await new Promise((wait) => setTimeout(wait, 20))
}

test('changes reach the open screens of those who may see them, and nobody else', async () => {
  const ours = await makeFirm(product)
  const [assigned, unassigned] = [await makeStaff(product, ours.firmId, 'employee'), await makeStaff(product, ours.firmId, 'employee')]
  const stranger = await makeFirm(product)
  const clientId = await makeClient(product, assigned)
  const streams = await Promise.all([ours, assigned, unassigned, stranger].map(openStream))
  expect((await product.call(clients.update, { params: { clientId }, body: { businessName: 'Renamed' } }, ours)).status).toBe(200)
  await soon(() => streams[0]?.events.length !== 0 && streams[1]?.events.length !== 0)
  await new Promise((wait) => setTimeout(wait, 100))
  const about = streams.map(({ events }) => events.some((event) => event.includes(clientId)))
  expect(about).toEqual([true, true, false, false])
  for (const stream of streams) stream.close()
})

test('signing out ends the stream at once', async () => {
  const ours = await makeFirm(product)
  const stream = await openStream(ours)
  expect((await product.call(auth.signOut, {}, ours)).status).toBe(204)
  await stream.ended
})

test('a stream ends when its person sees other clients than before: by a changed role, by the switch for everybody, by leaving', async () => {
  const ours = await makeFirm(product)
  const marcus = await makeStaff(product, ours.firmId, 'employee')
  const params = { staffId: marcus.staffId }
  const changes = [
    () => product.call(staff.update, { params, body: { role: 'administrator' } }, ours),
    () => product.call(staff.update, { params, body: { role: 'employee' } }, ours),
    () => product.call(firms.update, { body: { assignAll: true } }, ours),
    () => product.call(staff.deactivate, { params, body: { to: [], share: 'all' } }, ours),
  ]
  for (const change of changes) {
    const stream = await openStream(marcus)
    expect((await change()).status).toBe(200)
    await stream.ended
  }
})

test('every schema of the contract is a JSON schema: programs believe it', () => {
  const ajv = new Ajv({ strict: false, logger: false })
  const wrong = allEndpoints.flatMap(({ method, url, schema: { params, querystring, body } }) =>
    [params, querystring, body].flatMap((schema) =>
      schema === undefined || ajv.validateSchema(schema) === true ? [] : [`${method} ${url}`],
    ),
  )
  expect(allEndpoints.length).toBeGreaterThan(50)
  expect(wrong).toEqual([])
  expect(ajv.validateSchema({ type: 'object', required: 'name' })).toBe(false)
})

test('the OpenAPI document describes every operation and field', async () => {
  const { body } = await product.request().get('/openapi.json')
  expect(body.openapi).toBe('3.1.0')
  const missing: string[] = []
  const walk = (value: unknown, path: string): void => {
    if (typeof value !== 'object' || value === null) return
    const schema = value as { properties?: Record<string, { description?: string; anyOf?: { description?: string }[]; items?: unknown }> }
    for (const [name, member] of Object.entries(schema.properties ?? {})) {
      const described = member.description ?? member.anyOf?.find((each) => each.description)?.description
      if (described === undefined) missing.push(`${path}.${name}`)
    }
    for (const [key, member] of Object.entries(value)) walk(member, `${path}.${key}`)
  }
  const operations = Object.entries(
    body.paths as Record<
      string,
      Record<string, { summary?: string; description?: string; operationId?: string; responses?: Record<string, { description?: string }> }>
    >,
  ).flatMap(([path, methods]) => Object.entries(methods).map(([method, operation]) => ({ where: `${method} ${path}`, operation })))
  expect(operations.length).toBeGreaterThan(50)
  for (const { where, operation } of operations) {
    if (!operation.summary || !operation.description || !operation.operationId) missing.push(where)
    for (const [status, { description }] of Object.entries(operation.responses ?? {}))
      if (description === 'Default Response') missing.push(`${where} ${status}`)
    walk(operation, where)
  }
  expect(missing).toEqual([])
  expect((await product.request().get('/docs/')).status).toBe(200)
})
