import { auth } from '@ledgersync/shared/auth'
import { bulk } from '@ledgersync/shared/bulk'
import { clientList } from '@ledgersync/shared/client-list'
import type { Endpoint } from '@ledgersync/shared/endpoint'
import { newId } from '../src/core/ids.ts'
import { withFirm } from '../src/db/client.ts'
import { invitesTable, messagesTable, wantedBanksTable } from '../src/db/schema/clients.ts'
import { pushBatchesTable, pushesTable } from '../src/db/schema/ledger.ts'
import { minor } from '@ledgersync/shared/money'
import { bankAccountsTable } from '../src/db/schema/banks.ts'
import { storeStatement } from '../src/statements/store.ts'
import { uploadRowsTable, uploadsTable } from '../src/db/schema/uploads.ts'
import { eq } from 'drizzle-orm'
import { allPermissions, type Permission } from '@ledgersync/shared/permissions'
import { staff } from '@ledgersync/shared/team'
import { templates } from '@ledgersync/shared/templates'
import { allEndpoints } from './endpoints.ts'
import { allow, makeClient, makeFirm, makeGroup, makeOperator, makeStaff, type Person } from './factories.ts'
import { startTestApp, type TestApp } from './harness.ts'
import { makeCategory, makeLedger, makeRule, makeTransaction } from './ledger-factories.ts'
import { addPasskey } from './passkey-kit.ts'

/** One firm with one of everything, and the two who must not see it. */
interface World {
  owner: Person
  /** Same firm, not assigned to the client. */
  unassigned: Person
  /** Administrator of another firm. */
  stranger: Person
  /** Employees without any permission, with one each, and with all. */
  allowed: Person[]
  ids: Record<
    | 'clientId'
    | 'bankId'
    | 'inviteId'
    | 'connectionId'
    | 'bankAccountId'
    | 'ruleId'
    | 'categoryId'
    | 'transactionId'
    | 'batchId'
    | 'pushId'
    | 'sessionId'
    | 'staffId'
    | 'booksAccountId'
    | 'groupId'
    | 'staffInviteId'
    | 'messageId'
    | 'filterId'
    | 'runId'
    | 'uploadId'
    | 'templateId'
    | 'statementId'
    | 'passkeyId',
    string
  >
}

const secretName = 'Zephyr Lantern Works'

let product: TestApp
let world: World
beforeAll(async () => {
  product = await startTestApp()
  world = await makeWorld()
})
afterAll(() => product.close())

async function makeWorld(): Promise<World> {
  const owner = await makeFirm(product)
  const unassigned = await makeStaff(product, owner.firmId, 'employee')
  const stranger = await makeFirm(product, 'Harbor Ledger Partners')
  const clientId = await makeClient(product, owner, { businessName: secretName })
  const { books, account } = await makeLedger(product, owner, clientId)
  const categoryId = await makeCategory(product, owner, 'Fuel and oil')
  const ruleId = await makeRule(product, owner, 'FUELWAY', { clientId, actions: { booksAccountId: books.accounts.fuel } })
  const transactionId = await makeTransaction(product, owner, account, { description: `${secretName} DEPOSIT`, stage: 'failed' })
  const [bankId, inviteId, messageId, batchId, pushId, uploadId] = [newId(), newId(), newId(), newId(), newId(), newId()]
  const now = product.deps.now()
  const connectionId = await withFirm(owner.ctx, async (tx) => {
    const { firmId } = owner
    await tx
      .insert(wantedBanksTable)
      .values({ firmId, id: bankId, clientId, institutionId: 'ins_1', name: 'Harborview Bank', position: 1, createdAt: now })
    await tx.insert(invitesTable).values({
      firmId,
      id: inviteId,
      clientId,
      channel: 'sms',
      state: 'sent',
      createdAt: now,
      createdBy: owner.staffId,
      expiresAt: new Date(now.getTime() + 432_000_000),
    })
    await tx.insert(messagesTable).values({
      firmId,
      id: messageId,
      purpose: 'invite',
      channel: 'sms',
      clientId,
      inviteId,
      toAddress: '+15035550100',
      body: `${secretName} [link]`,
      state: 'sent',
      createdAt: now,
    })
    await tx
      .insert(pushBatchesTable)
      .values({ firmId, id: batchId, clientId, booksId: books.booksId, requestedAt: now, requestedBy: owner.staffId })
    await tx.insert(pushesTable).values({
      firmId,
      id: pushId,
      batchId,
      clientId,
      booksId: books.booksId,
      transactionId,
      kind: 'expense',
      amountMinor: minor(-4520),
      currency: 'USD',
      state: 'failed',
      createdAt: now,
      reason: 'closed',
      entry: {
        kind: 'expense',
        date: '2026-10-05',
        amountMinor: minor(4520),
        currency: 'USD',
        accountId: '1',
        vendorId: null,
        checkNumber: null,
        memo: '',
        lines: [],
      },
    })
    await tx.insert(uploadsTable).values({
      firmId,
      id: uploadId,
      fileName: `${secretName}.csv`,
      state: 'ready',
      createdAt: now,
      createdBy: owner.staffId,
      notes: [],
      headers: ['Name'],
      fields: ['businessName'],
      staffHaveAccess: true,
    })
    await tx.insert(uploadRowsTable).values({ firmId, uploadId, row: 2, cells: [secretName], damage: {}, problems: [], action: 'create' })
    const [row] = await tx
      .select({ id: bankAccountsTable.connectionId })
      .from(bankAccountsTable)
      .where(eq(bankAccountsTable.id, account.bankAccountId))
    return row?.id ?? ''
  })
  const allowed: Person[] = []
  for (const permissions of [[], ...allPermissions.map((each) => [each]), allPermissions])
    allowed.push(await allow(product, await makeStaff(product, owner.firmId, 'employee'), permissions))
  return {
    owner,
    unassigned,
    stranger,
    allowed,
    ids: {
      clientId,
      bankId,
      inviteId,
      connectionId,
      bankAccountId: account.bankAccountId,
      ruleId,
      categoryId,
      transactionId,
      batchId,
      pushId,
      messageId,
      filterId: await makeFilter(owner),
      runId: await makeRun(owner, clientId),
      uploadId,
      templateId: await makeTemplate(owner),
      statementId: await makeStatement(owner, clientId),
      passkeyId: (await addPasskey(product, owner, 'Phone')).id,
      sessionId: owner.ctx.actor.sessionId,
      booksAccountId: books.accounts.fuel,
      groupId: await makeGroup(product, owner, 'Monthly close'),
      staffId: unassigned.staffId,
      staffInviteId: await inviteSomebody(owner),
    },
  }
}

async function inviteSomebody(owner: Person): Promise<string> {
  const body = { email: 'priya@quillstone.example', name: 'Priya Raman', role: 'employee' } as const
  return (await product.call(staff.invite, { body }, owner)).body.id
}

async function makeStatement(owner: Person, clientId: string): Promise<string> {
  const content = Buffer.from(`Date,Payee,Amount\n2026-10-01,${secretName},5.00\n`)
  const outcome = await storeStatement(owner.ctx, clientId, { fileName: `${secretName}.csv`, content }, null)
  return outcome.kind === 'kept' ? outcome.statement.id : 'not kept'
}

async function makeRun(owner: Person, clientId: string): Promise<string> {
  const action = { kind: 'unlock' } as const
  return (await product.call(bulk.start, { body: { clientIds: [clientId], action } }, owner)).body.id
}

async function makeTemplate(owner: Person): Promise<string> {
  return (await product.call(templates.create, { body: { ...template, name: 'Plain words' } }, owner)).body.id
}

async function makeFilter(owner: Person): Promise<string> {
  const { body } = await product.call(clientList.saveFilter, { body: { name: secretName, query: { health: 'needs_client' } } }, owner)
  return body.id
}

/**
 * What an outsider must meet. `not_found`: 404. `hidden`: an answer without a trace of the client.
 * `own`: about the caller's own firm or session only; nothing of a client is in it.
 */
type Expectation = 'not_found' | 'hidden' | 'own'
interface Case {
  expect: Expectation
  body?: (ids: World['ids']) => object
  query?: (ids: World['ids']) => Record<string, string>
}

const rule = {
  name: 'Fuel',
  active: true,
  direction: 'out',
  match: 'all',
  conditions: [{ field: 'description', operator: 'contains', value: 'FUEL' }],
  actions: { memo: 'fuel' },
}
const template = { kind: 'invitation', channel: 'email', language: 'en', title: 'Your banks', body: 'Hello\n\n{{bank_link}}' } as const
const outreach = { channel: 'email', banks: [{ institutionId: 'ins_2', name: 'Unity Card' }], templateIds: [] }
const cases: Record<string, Case> = {
  signUp: { expect: 'own' },
  signIn: { expect: 'own' },
  refreshSession: { expect: 'own' },
  verifyEmailLink: { expect: 'own' },
  signOut: { expect: 'own' },
  getMe: { expect: 'own' },
  verifyEmail: { expect: 'own', body: () => ({ code: '123456' }) },
  sendVerification: { expect: 'own' },
  recoverPassword: { expect: 'own' },
  recoverUsername: { expect: 'own' },
  resetPassword: { expect: 'own' },
  getAccount: { expect: 'own' },
  updateMe: { expect: 'own', body: () => ({ name: 'Marcus Oyelade' }) },
  confirmIdentity: { expect: 'own', body: () => ({ password: 'copper lantern over the bay' }) },
  changePassword: { expect: 'own', body: () => ({ password: 'short' }) },
  changeEmail: { expect: 'own', body: () => ({ email: 'ana@gmail.com' }) },
  changeUsername: { expect: 'own', body: () => ({ username: 'x' }) },
  changePhone: { expect: 'own', body: () => ({ phone: '+1 555' }) },
  verifyPhone: { expect: 'own', body: () => ({ code: '123456' }) },
  removePhone: { expect: 'own' },
  beginSecondFactor: { expect: 'own' },
  confirmSecondFactor: { expect: 'own', body: () => ({ code: '123456' }) },
  removeSecondFactor: { expect: 'own' },
  renewRecoveryCodes: { expect: 'own' },
  listPasskeys: { expect: 'own' },
  beginPasskey: { expect: 'own' },
  addPasskey: { expect: 'own', body: () => ({ name: 'Phone', id: 'AAAA', clientDataJSON: 'AAAA', attestationObject: 'AAAA' }) },
  renamePasskey: { expect: 'not_found', body: () => ({ name: 'Phone' }) },
  removePasskey: { expect: 'not_found' },
  beginPasskeySignIn: { expect: 'own' },
  signInWithPasskey: { expect: 'own' },
  revokeOtherSessions: { expect: 'own' },
  listStaffLocks: { expect: 'own' },
  unlockStaff: { expect: 'not_found' },
  resetSecondFactor: { expect: 'not_found' },
  listSessions: { expect: 'own' },
  revokeSession: { expect: 'not_found' },
  getFirm: { expect: 'own' },
  updateFirm: { expect: 'own', body: () => ({ name: 'Harbor Ledger Partners' }) },
  listStaff: { expect: 'own' },
  getTeam: { expect: 'own' },
  updateStaff: { expect: 'not_found', body: () => ({ permissions: ['push'] }) },
  assignStaffClients: { expect: 'not_found', body: (ids) => ({ clientIds: [ids.clientId], assigned: true }) },
  deactivateStaff: { expect: 'not_found', body: () => ({ to: [], share: 'all' }) },
  reactivateStaff: { expect: 'not_found' },
  inviteStaff: { expect: 'own', body: () => ({ email: `${newId()}@quillstone.example`, name: 'Priya Raman', role: 'employee' }) },
  resendStaffInvite: { expect: 'not_found' },
  withdrawStaffInvite: { expect: 'not_found' },
  readStaffInvite: { expect: 'own' },
  joinStaff: { expect: 'own' },
  listClients: { expect: 'hidden' },
  countClients: { expect: 'hidden' },
  totalClients: { expect: 'hidden' },
  getClientListSettings: { expect: 'own' },
  setClientListColumns: { expect: 'own', body: () => ({ columns: ['invite'] }) },
  saveClientFilter: { expect: 'own', body: () => ({ name: `Filter ${newId()}`, query: { health: 'needs_client' } }) },
  removeClientFilter: { expect: 'not_found' },
  lockClient: { expect: 'not_found' },
  unlockClient: { expect: 'not_found' },
  startBulkRun: { expect: 'not_found', body: (ids) => ({ clientIds: [ids.clientId], action: { kind: 'lock' } }) },
  listBulkRuns: { expect: 'own' },
  getBulkRun: { expect: 'not_found' },
  listBulkItems: { expect: 'not_found' },
  getDashboard: { expect: 'hidden' },
  getHealthDays: { expect: 'hidden' },
  getInviteFunnel: { expect: 'hidden' },
  listInviteRequests: { expect: 'hidden' },
  getNextStep: { expect: 'not_found' },
  search: { expect: 'hidden', query: () => ({ query: 'Zephyr' }) },
  createClient: { expect: 'own', body: () => ({ staffHaveAccess: true, businessName: 'Larkspur Yoga' }) },
  getClient: { expect: 'not_found' },
  updateClient: { expect: 'not_found', body: () => ({ businessName: 'Taken over' }) },
  assignClient: { expect: 'not_found', body: () => ({ staffIds: [] }) },
  previewClientDeletion: { expect: 'not_found' },
  exportClient: { expect: 'not_found' },
  deleteClient: { expect: 'not_found', body: () => ({ businessName: secretName }) },
  addWantedBank: { expect: 'not_found', body: () => ({ institutionId: 'ins_2', name: 'Unity Card' }) },
  removeWantedBank: { expect: 'not_found' },
  listGroups: { expect: 'own' },
  listGroupClients: { expect: 'hidden' },
  createGroup: { expect: 'own', body: () => ({ name: `Group ${newId()}` }) },
  renameGroup: { expect: 'not_found', body: () => ({ name: `Group ${newId()}` }) },
  deleteGroup: { expect: 'not_found' },
  groupClients: { expect: 'not_found', body: (ids) => ({ clientIds: [ids.clientId], groupId: null }) },
  searchInstitutions: { expect: 'own', query: () => ({ query: 'Platypus' }) },
  createInvite: { expect: 'not_found', body: () => ({ channel: 'copy' }) },
  listInvites: { expect: 'not_found' },
  remindClient: { expect: 'not_found' },
  revokeInvite: { expect: 'not_found' },
  listMessages: { expect: 'not_found' },
  listTemplates: { expect: 'own' },
  createTemplate: { expect: 'own', body: () => ({ ...template, name: `Template ${newId()}` }) },
  updateTemplate: { expect: 'not_found', body: () => ({ name: 'Taken over', title: 'Mine', body: '{{bank_link}}', version: 1 }) },
  archiveTemplate: { expect: 'not_found' },
  restoreTemplate: { expect: 'not_found' },
  pickTemplate: {
    expect: 'not_found',
    body: ({ templateId }) => ({ kind: 'invitation', channel: 'email', language: 'en', templateId }),
  },
  previewTemplate: { expect: 'not_found', body: ({ clientId }) => ({ ...template, clientId }) },
  testTemplate: { expect: 'own', body: () => template },
  previewOutreach: { expect: 'not_found', body: ({ clientId }) => ({ ...outreach, clientIds: [clientId] }) },
  listOutreachSkipped: { expect: 'hidden', body: () => ({ ...outreach, filter: {} }) },
  listConnections: { expect: 'hidden' },
  askToSignIn: { expect: 'not_found' },
  countConnections: { expect: 'hidden' },
  listClientConnections: { expect: 'not_found' },
  addConnection: { expect: 'not_found', body: () => ({}) },
  repairConnection: { expect: 'not_found' },
  syncClient: { expect: 'not_found' },
  listTransactions: { expect: 'hidden', query: () => ({ search: 'Zephyr' }) },
  getTransaction: { expect: 'not_found' },
  listClientRules: { expect: 'not_found' },
  createClientRule: { expect: 'not_found', body: () => rule },
  updateClientRule: { expect: 'not_found', body: () => ({ ...rule, version: 1 }) },
  deleteClientRule: { expect: 'not_found' },
  moveClientRule: { expect: 'not_found', body: () => ({ priority: 1 }) },
  previewClientRule: { expect: 'not_found', body: () => ({ rule }) },
  listCategories: { expect: 'own' },
  createCategory: { expect: 'own', body: () => ({ name: `Category ${newId()}` }) },
  listReview: { expect: 'hidden' },
  countReview: { expect: 'hidden' },
  codeTransaction: { expect: 'not_found', body: () => ({ memo: 'mine now' }) },
  approveTransactions: { expect: 'hidden', body: (ids) => ({ transactionIds: [ids.transactionId] }) },
  unapproveTransactions: { expect: 'hidden', body: (ids) => ({ transactionIds: [ids.transactionId] }) },
  connectBooks: { expect: 'not_found' },
  finishBooksConnection: { expect: 'own', query: () => ({ state: 'x', code: 'y', realmId: '1' }) },
  getBooks: { expect: 'not_found' },
  disconnectBooks: { expect: 'not_found' },
  refreshBooks: { expect: 'not_found' },
  listBooksAccounts: { expect: 'not_found' },
  listVendors: { expect: 'not_found' },
  getMapping: { expect: 'not_found' },
  mapBankAccount: { expect: 'not_found', body: (ids) => ({ booksAccountId: ids.booksAccountId, mode: 'we_post' }) },
  mapCategory: { expect: 'not_found', body: (ids) => ({ booksAccountId: ids.booksAccountId }) },
  pushTransactions: { expect: 'hidden', body: (ids) => ({ transactionIds: [ids.transactionId] }) },
  listPushBatches: { expect: 'hidden' },
  getPushBatch: { expect: 'not_found' },
  retryPushBatch: { expect: 'not_found' },
  listAuditLog: { expect: 'own' },
  exportAuditLog: { expect: 'own' },
  getAuditCheck: { expect: 'own' },
  checkAuditLog: { expect: 'own' },
  createUpload: { expect: 'own', body: () => ({ fileName: 'clients.csv', content: Buffer.from('Name\nLarkspur').toString('base64') }) },
  listUploads: { expect: 'hidden' },
  getUploadTemplate: { expect: 'own' },
  listStatements: { expect: 'not_found' },
  addStatement: {
    expect: 'not_found',
    body: () => ({ fileName: 'march.csv', content: Buffer.from('Date,Amount\n1,2\n').toString('base64') }),
  },
  downloadStatement: { expect: 'not_found' },
  deleteStatement: { expect: 'not_found' },
  getUpload: { expect: 'not_found' },
  matchUpload: { expect: 'not_found', body: () => ({ fields: ['businessName'], staffHaveAccess: true }) },
  listUploadRows: { expect: 'not_found' },
  setUploadCell: { expect: 'not_found', body: () => ({ row: 2, column: 0, value: 'Taken over' }) },
  runUpload: { expect: 'not_found', body: () => ({ badRows: 'skip' }) },
  getUploadBadRows: { expect: 'not_found' },
  deleteUpload: { expect: 'not_found' },
  getOperations: { expect: 'own' },
  listFailedJobs: { expect: 'own' },
  retryJob: { expect: 'not_found' },
  discardJob: { expect: 'not_found' },
  retryTask: { expect: 'own' },
  undoPush: { expect: 'not_found' },
  undoPushBatch: { expect: 'not_found' },
}

const byId = allEndpoints.map((endpoint) => [endpoint.schema.operationId, endpoint] as const)
const guarded = byId.filter(([, endpoint]) => endpoint.config.access === 'staff' || endpoint.config.access === 'administrator')
const forOperators = byId.filter(([, endpoint]) => endpoint.config.access === 'operator')

const callAs = (endpoint: Endpoint, person?: Person, ids = world.ids) => {
  const one = cases[endpoint.schema.operationId]
  const input = { params: ids, ...(one?.body && { body: one.body(ids) }), ...(one?.query && { query: one.query(ids) }) }
  // Endpoint's own input type is unknown here; the table above is what each needs
  return product.call(endpoint, input as never, person)
}

test('every endpoint has its case, and there is no case without endpoint', () => {
  expect(Object.keys(cases).sort()).toEqual(byId.map(([id]) => id).sort())
})

test.each([...guarded, ...forOperators])('%s without a session is 401', async (_id, endpoint) => {
  const answer = await callAs(endpoint)
  expect(answer.status).toBe(401)
  expect(answer.body).toMatchObject({ code: 'unauthenticated' })
})

test.each(byId.filter(([, endpoint]) => endpoint.config.access === 'administrator'))('%s as an employee is 403', async (_id, endpoint) => {
  const answer = await callAs(endpoint, world.unassigned)
  expect(answer.status).toBe(403)
})

const outsiders = guarded.filter(([id]) => !['signOut', 'finishBooksConnection'].includes(id))

test.each(outsiders)('%s of another firm gives nothing away', async (id, endpoint) => {
  await expectOutside(endpoint, world.stranger, cases[id]?.expect)
})

test.each(outsiders.filter(([, endpoint]) => endpoint.config.access === 'staff'))(
  '%s of an unassigned client gives nothing away',
  async (id, endpoint) => {
    // One with every permission: nothing but the assignment is missing
    await expectOutside(endpoint, world.allowed.at(-1) ?? world.unassigned, cases[id]?.expect)
  },
)

async function expectOutside(endpoint: Endpoint, person: Person, expected: Expectation | undefined): Promise<void> {
  const before = await product.admin.query('select stage, memo, updated_at from transactions where id = $1', [world.ids.transactionId])
  const answer = await callAs(endpoint, person)
  const text = JSON.stringify(answer.body)
  expect(text).not.toContain('Zephyr')
  if (expected === 'not_found') expect([answer.status, text]).toEqual([404, expect.stringContaining('not_found')])
  else expect(answer.status).toBeLessThan(500)
  if (expected === 'hidden') expect(text).not.toContain(world.ids.clientId)
  const after = await product.admin.query('select stage, memo, updated_at from transactions where id = $1', [world.ids.transactionId])
  expect(after.rows).toEqual(before.rows)
}

test('filters by a client one may not see give nothing away', async () => {
  for (const [id, endpoint] of guarded.filter(
    ([, each]) => each.schema.querystring !== undefined && 'clientId' in each.schema.querystring.properties,
  )) {
    for (const person of [world.stranger, world.unassigned]) {
      const answer = await product.call(endpoint, { query: { clientId: world.ids.clientId } } as never, person)
      expect([id, JSON.stringify(answer.body)]).not.toEqual([id, expect.stringMatching(/Zephyr|"id":/)])
    }
  }
})

test('the owner meets no 401, 403 or 404 on the same calls', async () => {
  const reads = guarded.filter(([, endpoint]) => endpoint.method === 'GET' && endpoint.schema.operationId !== 'finishBooksConnection')
  for (const [id, endpoint] of reads) expect([id, (await callAs(endpoint, world.owner)).status]).toEqual([id, 200])
})

test('ids of another kind are 404, and no ids at all are 400', async () => {
  const kinds: World['ids'] = { ...world.ids }
  for (const name of Object.keys(kinds) as (keyof World['ids'])[]) if (name !== 'clientId') kinds[name] = world.ids.clientId
  const oneId = guarded.filter(([, endpoint]) => /:(\w+)/.test(endpoint.url) && !/^\/clients\/:clientId(\/[^:]*)?$/.test(endpoint.url))
  for (const [id, endpoint] of oneId) {
    expect([id, (await callAs(endpoint, world.owner, kinds)).status]).toEqual([id, 404])
    const nonsense = Object.fromEntries(Object.keys(world.ids).map((name) => [name, 'not-an-id'])) as World['ids']
    expect([id, (await callAs(endpoint, world.owner, nonsense)).status]).toEqual([id, 400])
  }
})

describe('the matrix of roles and operations', () => {
  /** Written out, so that an operation that loses its guard is missed here. Every other needs no more than a session. */
  const forAdministrators = [
    'archiveTemplate',
    'assignClient',
    'assignStaffClients',
    'checkAuditLog',
    'createGroup',
    'createTemplate',
    'deactivateStaff',
    'deleteClient',
    'deleteGroup',
    'exportAuditLog',
    'exportClient',
    'getAuditCheck',
    'getTeam',
    'inviteStaff',
    'listAuditLog',
    'listStaffLocks',
    'pickTemplate',
    'previewClientDeletion',
    'reactivateStaff',
    'renameGroup',
    'resendStaffInvite',
    'resetSecondFactor',
    'restoreTemplate',
    'unlockStaff',
    'updateFirm',
    'updateStaff',
    'updateTemplate',
    'withdrawStaffInvite',
  ]
  const needs: Record<Permission, string[]> = {
    approve_many: ['approveTransactions', 'unapproveTransactions'],
    push: ['pushTransactions', 'retryPushBatch'],
    undo: ['undoPush', 'undoPushBatch'],
    global_rules: ['createCategory'],
  }
  // Who confirms with a wrong password is refused with 401, whoever they are
  const operations = guarded.filter(([id]) => !['signOut', 'finishBooksConnection', 'confirmIdentity'].includes(id))
  /** Ids that nobody has: who is let in finds nothing, and nothing is changed. */
  const nowhere = () => Object.fromEntries(Object.keys(world.ids).map((name) => [name, newId()])) as World['ids']
  const many = (id: string, ids: World['ids']) =>
    needs.approve_many.includes(id) ? { transactionIds: [ids.transactionId, newId()] } : cases[id]?.body?.(ids)
  const callNowhere = async (id: string, endpoint: Endpoint, person: Person): Promise<number> => {
    const ids = nowhere()
    const [body, query] = [many(id, ids), cases[id]?.query?.(ids)]
    const input = { params: ids, ...(body && { body }), ...(query && { query }) }
    return (await product.call(endpoint, input as never, person)).status
  }
  const isRefused = (status: number) => status === 401 || status === 403

  test('names each operation with the guard that it has', () => {
    const guardOf = ([id, { config }]: (typeof operations)[number]) => [id, config.access, config.need?.permission ?? null]
    const expected = operations.map(([id]) => {
      const permission = allPermissions.find((each) => needs[each].includes(id)) ?? null
      return [id, forAdministrators.includes(id) ? 'administrator' : 'staff', permission]
    })
    expect(operations.map(guardOf)).toEqual(expected)
  })

  test.each(operations)('%s lets in an administrator, and an employee who may', async (id, endpoint) => {
    const needed = allPermissions.find((each) => needs[each].includes(id))
    const onlyAdministrators = forAdministrators.includes(id)
    expect(isRefused(await callNowhere(id, endpoint, world.owner))).toBe(false)
    for (const person of world.allowed) {
      const mayIt = needed === undefined || person.ctx.actor.permissions.includes(needed)
      const status = await callNowhere(id, endpoint, person)
      expect([person.ctx.actor.permissions, status === 403]).toEqual([person.ctx.actor.permissions, onlyAdministrators || !mayIt])
    }
  })

  test('one row at a time needs no permission', async () => {
    for (const id of needs.approve_many) {
      const endpoint = byId.find(([name]) => name === id)?.[1]
      if (endpoint === undefined) throw new Error(`There is no ${id}`)
      const answer = await product.call(endpoint, { body: { transactionIds: [newId()] } } as never, world.unassigned)
      expect([id, answer.status]).toEqual([id, 200])
    }
  })

  test('the documentation names what each operation needs', async () => {
    const { body } = await product.request().get('/openapi.json')
    // The document is OpenAPI; only these members of it are read
    const paths = Object.values(
      body.paths as Record<string, Record<string, { operationId: string; description: string; security: { session: string[] }[] }>>,
    )
    const documented = new Map(paths.flatMap((methods) => Object.values(methods)).map((operation) => [operation.operationId, operation]))
    for (const permission of allPermissions)
      for (const id of needs[permission]) {
        const { description, security } = documented.get(id) ?? {}
        expect([id, description, security]).toEqual([id, expect.stringContaining(`\`${permission}\``), [{ session: [permission] }]])
      }
    for (const id of forAdministrators) expect([id, documented.get(id)?.security]).toEqual([id, [{ session: ['administrator'] }]])
  })
})

describe('what only operators of the installation may know of', () => {
  /** An answer as its caller sees it, without what is anew in each. */
  const asSeen = ({ status, body, headers }: Awaited<ReturnType<typeof callAs>>) => {
    const { requestId: _requestId, ...problem } = body as unknown as Record<string, unknown>
    return { status, problem, headers: Object.keys(headers).sort() }
  }
  const callWith = (endpoint: Endpoint, person: Person) =>
    product.call(endpoint, { params: { jobId: '1', task: 'sweep' } } as never, person)
  const nothing = async (endpoint: Endpoint, person: Person) => asSeen(await callWith({ ...endpoint, url: '/nothing/at/all' }, person))

  test.each(forOperators)('%s is no address for an administrator or an employee of a firm', async (_id, endpoint) => {
    for (const person of [world.owner, world.unassigned]) {
      expect(asSeen(await callWith(endpoint, person))).toEqual(await nothing(endpoint, person))
    }
  })

  test.each(forOperators)('%s is no address for who is named operator and has not verified the e-mail', async (_id, endpoint) => {
    const named = await makeStaff(product, world.owner.firmId, 'administrator')
    await makeOperator(product, named)
    await product.admin.query('update staff set email_verified_at = null where id = $1', [named.staffId])
    expect(asSeen(await callWith(endpoint, named))).toEqual(await nothing(endpoint, named))
  })

  test.each(forOperators)('%s from another origin is refused only to who may know of it', async (_id, endpoint) => {
    const operator = await makeStaff(product, world.stranger.firmId, 'employee')
    await makeOperator(product, operator)
    const from = (person: Person) => {
      const verb = endpoint.method.toLowerCase() as 'get' | 'post' | 'delete'
      const path = endpoint.url.replace(':jobId', '1').replace(':task', 'sweep')
      return product.request()[verb](`/v1${path}`).set('Origin', 'https://elsewhere.example').set('Cookie', person.cookie)
    }
    expect((await from(world.owner)).status).toBe(404)
    if (endpoint.method !== 'GET') expect((await from(operator)).status).toBe(403)
  })

  test('an operator reads it all, and meets no name of any firm or client', async () => {
    const operator = await makeStaff(product, world.stranger.firmId, 'employee')
    await makeOperator(product, operator)
    for (const [id, endpoint] of forOperators.filter(([, each]) => each.method === 'GET')) {
      const answer = await product.call(endpoint, {}, operator)
      expect([id, answer.status]).toEqual([id, 200])
      expect(JSON.stringify(answer.body)).not.toMatch(/Zephyr|Quillstone|Harbor/)
    }
    expect((await product.call(auth.me, {}, operator)).body.operator).toBe(true)
    expect((await product.call(auth.me, {}, world.owner)).body.operator).toBe(false)
  })
})

test('the event stream needs a session', async () => {
  expect((await product.request().get('/v1/events')).status).toBe(401)
})
