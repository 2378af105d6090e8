import { minor } from '@ledgersync/shared/money'
import { invites } from '@ledgersync/shared/invites'
import { statements } from '@ledgersync/shared/statements'
import { uploads } from '@ledgersync/shared/uploads'
import { newId } from '../src/core/ids.ts'
import { withFirm } from '../src/db/client.ts'
import { passkeysTable } from '../src/db/schema/access.ts'
import { clientStaffTable, messagesTable, wantedBanksTable } from '../src/db/schema/clients.ts'
import { pushBatchesTable, pushesTable } from '../src/db/schema/ledger.ts'
import { allow, makeClient, makeFirm, makeStaff, type Person } from '../test/factories.ts'
import type { TestApp } from '../test/harness.ts'
import { makeCategory, makeLedger, makeRule, makeTransactions } from '../test/ledger-factories.ts'
import type { Random } from './random.ts'

/** One client with one of everything. All that a person could read of it carries its mark. */
export interface Place {
  firm: Firm
  mark: string
  clientId: string
  username: string
  connectionId: string
  bankId: string
  ruleId: string
  inviteId: string
  messageId: string
  batchId: string
  statementId: string
  booksAccountIds: string[]
  vendorIds: string[]
  transactionIds: string[]
  /** Path of a secret link of its own. */
  link: string
}
export interface Member {
  person: Person
  firm: Firm
  isAdministrator: boolean
  visible: ReadonlySet<Place>
  passkeyId: string
}
export interface Firm {
  firmId: string
  mark: string
  categoryId: string
  /** A list that the administrator has uploaded. */
  uploadId: string
  places: Place[]
  members: Member[]
}

/** Who may know an id: a client's is for those who see the client, a firm's (`place` null) for its members. */
export type Owners = ReadonlyMap<string, { firm: Firm; place: Place | null }>

export interface World {
  firms: Firm[]
  owners: Owners
}

const clientsPerFirm = 6
const employeesPerFirm = 3
const rowsPerClient = 8

/** Firms with an administrator and employees, each of whom is assigned some of the clients, or none. */
export async function makeWorld(product: TestApp, random: Random, firms: number): Promise<World> {
  const made: Firm[] = []
  for (let number = 1; number <= firms; number++) made.push(await makeOneFirm(product, random, number))
  const owners = new Map<string, { firm: Firm; place: Place | null }>()
  for (const firm of made) {
    for (const id of [firm.firmId, firm.categoryId, firm.uploadId, ...firm.members.map(({ person }) => person.staffId)])
      owners.set(id, { firm, place: null })
    for (const { person, passkeyId } of firm.members)
      for (const id of [person.ctx.actor.sessionId, passkeyId]) owners.set(id, { firm, place: null })
    for (const place of firm.places) for (const id of idsOf(place)) owners.set(id, { firm, place })
  }
  return { firms: made, owners }
}

const idsOf = (place: Place): string[] => [
  place.clientId,
  place.connectionId,
  place.bankId,
  place.ruleId,
  place.inviteId,
  place.messageId,
  place.batchId,
  place.statementId,
  ...place.booksAccountIds,
  ...place.vendorIds,
  ...place.transactionIds,
]

/** A number in letters: a search for digits looks at phone numbers, too. */
const letters = (number: number): string => String(number).replaceAll(/\d/g, (digit) => 'abcdefghij'.charAt(Number(digit)))

/** What every mark looks like; of a firm's own the client is 0. */
export const markPattern = /mk[a-j]+x[a-j]+q/g
export const clientMarkPattern = /mk[a-j]+x[b-j][a-j]*q/g

async function makeOneFirm(product: TestApp, random: Random, number: number): Promise<Firm> {
  const markOf = (client: number): string => `mk${letters(number)}x${letters(client)}q`
  const dana = await makeFirm(product, `Firm ${markOf(0)}`)
  const categoryId = await makeCategory(product, dana, `Category ${markOf(0)}`)
  const content = Buffer.from(`Business name,E-mail\nList ${markOf(0)},${markOf(0)}@saltgrass.example`).toString('base64')
  const uploaded = await product.call(uploads.create, { body: { fileName: `List ${markOf(0)}.csv`, content } }, dana)
  const firm: Firm = { firmId: dana.firmId, mark: markOf(0), categoryId, uploadId: uploaded.body.id, places: [], members: [] }
  for (let client = 1; client <= clientsPerFirm; client++) firm.places.push(await makePlace(product, dana, firm, markOf(client)))
  firm.members.push({
    person: dana,
    firm,
    isAdministrator: true,
    visible: new Set(firm.places),
    passkeyId: await givePasskey(product, dana, firm),
  })
  for (let employee = 0; employee < employeesPerFirm; employee++) {
    const person = await allow(product, await makeStaff(product, firm.firmId, 'employee', `Employee ${markOf(0)}`), ['approve_many'])
    const visible = new Set(firm.places.filter(() => random.percent(40)))
    const assigned = [...visible].map(({ clientId }) => ({
      firmId: firm.firmId,
      clientId,
      staffId: person.staffId,
      assignedAt: product.deps.now(),
    }))
    if (assigned.length > 0) await withFirm(dana.ctx, (tx) => tx.insert(clientStaffTable).values(assigned))
    firm.members.push({ person, firm, isAdministrator: false, visible, passkeyId: await givePasskey(product, person, firm) })
  }
  return firm
}

/** A passkey that is only looked at. */
async function givePasskey(product: TestApp, { ctx, firmId, staffId }: Person, { mark }: Firm): Promise<string> {
  const id = newId()
  const key = { credentialId: id, publicKey: Buffer.alloc(77), counter: 0, createdAt: product.deps.now() }
  await withFirm(ctx, (tx) => tx.insert(passkeysTable).values({ firmId, id, staffId, name: `Phone ${mark}`, ...key }))
  return id
}

async function makePlace(product: TestApp, dana: Person, firm: Firm, mark: string): Promise<Place> {
  const { firmId } = dana
  const username = `${mark}@saltgrass.example`
  const names = { businessName: `Business ${mark}`, contactFirstName: mark, contactLastName: mark, email: username, username }
  const clientId = await makeClient(product, dana, names)
  const { books, account } = await makeLedger(product, dana, clientId)
  const rows = Array.from({ length: rowsPerClient }, (_, row) => ({ description: `ROW ${row} ${mark}`, amountMinor: -100 - row }))
  const transactionIds = await makeTransactions(product, dana, account, rows)
  const actions = { booksAccountId: books.accounts.fuel }
  const ruleId = await makeRule(product, dana, mark.toUpperCase(), { clientId, name: `Rule ${mark}`, actions })
  const [bankId, messageId, batchId] = [newId(), newId(), newId()]
  const copied = await product.call(invites.create, { params: { clientId }, body: { channel: 'copy' } }, dana)
  const inviteId = copied.body.invite.id
  const content = Buffer.from(`Date,Payee,Amount\n2026-10-01,Payee ${mark},5.00\n`).toString('base64')
  const statement = await product.call(statements.add, { params: { clientId }, body: { fileName: `Statement ${mark}.csv`, content } }, dana)
  const now = product.deps.now()
  await withFirm(dana.ctx, async (tx) => {
    await tx
      .insert(wantedBanksTable)
      .values({ firmId, id: bankId, clientId, institutionId: 'ins_1', name: `Bank ${mark}`, position: 1, createdAt: now })
    const message = { purpose: 'invite', channel: 'email', toAddress: username, body: `Dear ${mark} [link]`, state: 'sent' } as const
    await tx.insert(messagesTable).values({ firmId, id: messageId, clientId, inviteId, createdAt: now, ...message })
    await tx
      .insert(pushBatchesTable)
      .values({ firmId, id: batchId, clientId, booksId: books.booksId, requestedAt: now, requestedBy: dana.staffId })
    const entry = { kind: 'expense', date: '2026-10-05', amountMinor: minor(100), currency: 'USD', accountId: '1', vendorId: null } as const
    await tx.insert(pushesTable).values({
      firmId,
      id: newId(),
      batchId,
      clientId,
      booksId: books.booksId,
      transactionId: transactionIds[0] ?? '',
      kind: 'expense',
      amountMinor: minor(-100),
      currency: 'USD',
      state: 'failed',
      reason: `Closed ${mark}`,
      createdAt: now,
      settledAt: now,
      entry: { ...entry, checkNumber: null, memo: mark, lines: [] },
    })
  })
  const { rows: found } = await product.admin.query<{ id: string }>('select connection_id as id from bank_accounts where id = $1', [
    account.bankAccountId,
  ])
  return {
    firm,
    mark,
    clientId,
    username,
    connectionId: found[0]?.id ?? '',
    bankId,
    ruleId,
    inviteId,
    messageId,
    batchId,
    statementId: statement.body.statement.id,
    booksAccountIds: Object.values(books.accounts),
    vendorIds: Object.values(books.vendors),
    transactionIds,
    link: new URL(copied.body.url ?? '').pathname,
  }
}
