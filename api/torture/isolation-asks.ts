import { account } from '@ledgersync/shared/account'
import { audit } from '@ledgersync/shared/audit'
import { auth } from '@ledgersync/shared/auth'
import { books } from '@ledgersync/shared/books'
import { bulk } from '@ledgersync/shared/bulk'
import { clientList } from '@ledgersync/shared/client-list'
import { clients } from '@ledgersync/shared/clients'
import { connections } from '@ledgersync/shared/connections'
import { dashboard } from '@ledgersync/shared/dashboard'
import type { Endpoint, Input, Output } from '@ledgersync/shared/endpoint'
import { erasure } from '@ledgersync/shared/erasure'
import { firms } from '@ledgersync/shared/firms'
import { funnel } from '@ledgersync/shared/funnel'
import { groups } from '@ledgersync/shared/groups'
import { invites } from '@ledgersync/shared/invites'
import { messages } from '@ledgersync/shared/messages'
import { outreach } from '@ledgersync/shared/outreach'
import { passkeys } from '@ledgersync/shared/passkeys'
import { pushes } from '@ledgersync/shared/pushes'
import { review } from '@ledgersync/shared/review'
import { rules } from '@ledgersync/shared/rules'
import { search } from '@ledgersync/shared/search'
import { staff } from '@ledgersync/shared/team'
import { templates } from '@ledgersync/shared/templates'
import { statements } from '@ledgersync/shared/statements'
import { transactions } from '@ledgersync/shared/transactions'
import { uploads } from '@ledgersync/shared/uploads'
import type { TestApp } from '../test/harness.ts'
import type { Member, Place } from './isolation-world.ts'

/** Who asks, and about whose client: any firm's. */
export interface Question {
  product: TestApp
  by: Member
  about: Place
  /** Differs from question to question. */
  salt: number
}

/** What came back. `ids` are compared when both are there; `text` is searched for what the person must not see. */
export interface Reply {
  status: number
  text: string
  ids?: string[]
}
/** What must come back. A status of null: whatever it was, only what is in it counts. */
export interface Due {
  status: number | null
  ids?: string[]
  /** Ids that the question itself had in it. */
  asked?: string[]
}
export interface Ask {
  name: string
  /** Of the endpoint it asks, if it asks one. */
  operationId?: string
  due(question: Question): Due
  ask(question: Question): Promise<Reply>
}

export const sees = ({ by, about }: Question): boolean => by.visible.has(about)
const all = ({ by }: Question, pick: (place: Place) => string[]): string[] => [...by.visible].flatMap(pick)

/** A call of an endpoint; `ids` are those in its answer. */
export function reading<E extends Endpoint>(
  name: string,
  endpoint: E,
  { input, due, ids }: { input(question: Question): Partial<Input<E>>; due(question: Question): Due; ids?(body: Output<E>): string[] },
): Ask {
  return {
    name,
    operationId: endpoint.schema.operationId,
    due,
    async ask(question) {
      const { status, body } = await question.product.call(endpoint, input(question), question.by.person)
      return { status, text: JSON.stringify(body), ...(ids !== undefined && status === 200 && { ids: ids(body) }) }
    },
  }
}

/** Of one client: for those who see it, for others not there. */
const ofClient =
  (pick: (place: Place) => string[]) =>
  (question: Question): Due =>
    sees(question) ? { status: 200, ids: pick(question.about) } : { status: 404 }
const params = ({ about }: Question): { params: { clientId: string } } => ({ params: { clientId: about.clientId } })
const items = (body: { items: { id: string }[] }): string[] => body.items.map(({ id }) => id)
const nothing = (): object => ({})

const onlyAdministrators = ({ by }: Question): Due => ({ status: by.isAdministrator ? 200 : 403 })

const upload = ({ about }: Question) => ({ params: { uploadId: about.firm.uploadId } })
/** Lists are for who uploaded them and administrators; for others not there. */
const ofUploader = ({ by, about }: Question): Due =>
  by.isAdministrator && by.firm === about.firm ? { status: 200, ids: [about.firm.uploadId] } : { status: 404 }

const lists: Ask[] = [
  reading('me', auth.me, {
    input: nothing,
    due: ({ by }) => ({ status: 200, ids: [by.person.staffId, by.firm.firmId] }),
    ids: (body) => [body.staff.id, body.firm.id],
  }),
  reading('sessions', auth.listSessions, {
    input: nothing,
    due: ({ by }) => ({ status: 200, ids: [by.person.ctx.actor.sessionId] }),
    ids: items,
  }),
  reading('account', account.get, { input: nothing, due: () => ({ status: 200 }) }),
  reading('passkeys', passkeys.list, { input: nothing, due: ({ by }) => ({ status: 200, ids: [by.passkeyId] }), ids: items }),
  reading('locks', auth.listLocks, { input: nothing, due: onlyAdministrators }),
  reading('firm', firms.get, { input: nothing, due: () => ({ status: 200 }) }),
  reading('staff', staff.list, {
    input: nothing,
    due: ({ by }) => ({ status: 200, ids: by.firm.members.map(({ person }) => person.staffId) }),
    ids: items,
  }),
  reading('groups', groups.list, { input: nothing, due: () => ({ status: 200 }) }),
  reading('clients of groups', groups.clients, {
    input: () => ({ query: { limit: 200 } }),
    due: (q) => ({ status: 200, ids: all(q, (place) => [place.clientId]) }),
    ids: items,
  }),
  reading('team', staff.team, {
    input: nothing,
    due: ({ by }) => (by.isAdministrator ? { status: 200, ids: by.firm.members.map(({ person }) => person.staffId) } : { status: 403 }),
    ids: ({ members }) => members.map(({ id }) => id),
  }),
  reading('templates', templates.list, { input: nothing, due: () => ({ status: 200, ids: [] }), ids: items }),
  reading('clients with nothing to sign in for', outreach.skipped, {
    input: () => ({ query: { limit: 200 }, body: { ...askForBank, banks: [], templateIds: [], filter: {} } }),
    due: (q) => ({ status: 200, ids: all(q, (place) => [place.clientId]) }),
    ids: items,
  }),
  reading('audit log', audit.list, { input: nothing, due: onlyAdministrators }),
  reading('audit check', audit.checks, { input: nothing, due: onlyAdministrators }),
  {
    name: 'audit log exported',
    operationId: audit.export.schema.operationId,
    due: onlyAdministrators,
    async ask({ product, by }) {
      const { status, text } = await product.request().get(`/v1${audit.export.url}`).set('Cookie', by.person.cookie)
      return { status, text }
    },
  },
  reading('categories', rules.listCategories, {
    input: nothing,
    due: ({ by }) => ({ status: 200, ids: [by.firm.categoryId] }),
    ids: items,
  }),
  reading('clients', clients.list, {
    input: () => ({ query: { limit: 200 } }),
    due: (q) => ({ status: 200, ids: all(q, (place) => [place.clientId]) }),
    ids: items,
  }),
  reading('clients searched', clients.list, {
    input: ({ about }) => ({ query: { search: about.mark } }),
    due: (q) => ({ status: 200, ids: sees(q) ? [q.about.clientId] : [] }),
    ids: items,
  }),
  reading('clients counted', clients.counts, {
    input: nothing,
    due: ({ by }) => ({ status: 200, ids: [`all ${by.visible.size}`, `mine ${by.visible.size}`] }),
    ids: (body) => [`all ${body.all}`, `mine ${body.mine}`],
  }),
  reading('clients that match', clientList.total, {
    input: ({ about }) => ({ query: { search: about.mark } }),
    due: (q) => ({ status: 200, ids: [`total ${sees(q) ? 1 : 0}`] }),
    ids: ({ total }) => [`total ${total}`],
  }),
  reading('settings of the list', clientList.settings, { input: nothing, due: () => ({ status: 200 }) }),
  reading('everything searched', search.everywhere, {
    input: ({ about }) => ({ query: { query: about.mark } }),
    due: (q) => ({ status: 200, ids: sees(q) ? [q.about.clientId] : [] }),
    ids: (body) => body.clients.map(({ id }) => id),
  }),
  reading('dashboard', dashboard.get, {
    input: nothing,
    due: ({ by }) => ({ status: 200, ids: [`clients ${by.visible.size}`] }),
    ids: (body) => [`clients ${body.clients.total}`],
  }),
  reading('accounts in trouble by day', dashboard.health, {
    input: nothing,
    due: () => ({ status: 200, ids: ['30 days'] }),
    ids: (body) => [`${body.items.length} days`],
  }),
  reading('what becomes of invites', funnel.get, { input: nothing, due: () => ({ status: 200 }) }),
  reading('requests', funnel.list, {
    input: nothing,
    due: (q) => ({ status: 200, ids: all(q, (place) => [place.inviteId]) }),
    ids: items,
  }),
  reading('a next step', funnel.nextStep, { input: params, due: (q) => ({ status: sees(q) ? 200 : 404 }) }),
  reading('an export', erasure.export, { input: params, due: (q) => ({ status: !q.by.isAdministrator ? 403 : sees(q) ? 200 : 404 }) }),
  reading('runs over many clients', bulk.list, { input: nothing, due: () => ({ status: 200, ids: [] }), ids: items }),
  reading('a run that is not there', bulk.get, {
    input: ({ about }) => ({ params: { runId: about.ruleId } }),
    due: () => ({ status: 404 }),
  }),
  reading('clients of a run that is not there', bulk.items, {
    input: ({ about }) => ({ params: { runId: about.ruleId }, query: {} }),
    due: () => ({ status: 404 }),
  }),
  reading('uploads', uploads.list, {
    input: nothing,
    due: ({ by }) => ({ status: 200, ids: by.isAdministrator ? [by.firm.uploadId] : [] }),
    ids: items,
  }),
  reading('an upload', uploads.get, { input: upload, due: ofUploader, ids: ({ id }) => [id] }),
  reading('rows of an upload', uploads.rows, { input: (q) => ({ ...upload(q), query: {} }), due: ofUploader }),
  reading('bad rows of an upload', uploads.badRows, { input: upload, due: ofUploader }),
  reading('the template of a list', uploads.template, { input: nothing, due: () => ({ status: 200 }) }),
  reading('connections', connections.list, {
    input: nothing,
    due: (q) => ({ status: 200, ids: all(q, (place) => [place.connectionId]) }),
    ids: items,
  }),
  reading('connections counted', connections.counts, {
    input: nothing,
    due: (q) => ({ status: 200, ids: [String(all(q, (place) => [place.connectionId]).length)] }),
    ids: ({ all: count }) => [String(count)],
  }),
  reading('transactions', transactions.list, {
    input: () => ({ query: { limit: 200 } }),
    due: (q) => ({ status: 200, ids: all(q, (place) => place.transactionIds) }),
    ids: items,
  }),
  reading('transactions of a client', transactions.list, {
    input: ({ about }) => ({ query: { clientId: about.clientId, limit: 200 } }),
    due: (q) => ({ status: null, ids: sees(q) ? q.about.transactionIds : [] }),
    ids: items,
  }),
  reading('transactions searched', transactions.list, {
    input: ({ about }) => ({ query: { search: about.mark, limit: 200 } }),
    due: (q) => ({ status: 200, ids: sees(q) ? q.about.transactionIds : [] }),
    ids: items,
  }),
  reading('review', review.list, {
    input: () => ({ query: { limit: 200 } }),
    due: (q) => ({ status: 200, ids: all(q, (place) => place.transactionIds) }),
    ids: items,
  }),
  reading('review counted', review.counts, {
    input: nothing,
    due: (q) => ({ status: 200, ids: [`rows ${all(q, (place) => place.transactionIds).length}`, `clients ${q.by.visible.size}`] }),
    ids: (body) => [`rows ${body.all}`, `clients ${body.clients}`],
  }),
  reading('pushes', pushes.list, {
    input: () => ({ query: { limit: 200 } }),
    due: (q) => ({ status: 200, ids: all(q, (place) => [place.batchId]) }),
    ids: items,
  }),
]

const askForBank = { channel: 'email', banks: [{ institutionId: 'ins_109508', name: 'First Platypus Bank' }], templateIds: [] } as const
const plainTemplate = { kind: 'invitation', channel: 'sms', language: 'en', title: null, body: '{{client_name}} {{bank_link}}' } as const
const single: Ask[] = [
  reading('a client', clients.get, { input: params, due: ofClient((place) => [place.clientId]), ids: (body) => [body.id] }),
  reading('its connections', connections.listOfClient, { input: params, due: ofClient((place) => [place.connectionId]), ids: items }),
  reading('its invites', invites.list, { input: params, due: ofClient((place) => [place.inviteId]), ids: items }),
  reading('its messages', messages.list, { input: params, due: ofClient((place) => [place.messageId]), ids: items }),
  reading('its statements', statements.list, {
    input: (q) => ({ ...params(q), query: {} }),
    due: ofClient((place) => [place.statementId]),
    ids: items,
  }),
  {
    name: 'a statement downloaded',
    operationId: statements.download.schema.operationId,
    due: (q) => ({ status: sees(q) ? 200 : 404 }),
    async ask({ product, by, about: { clientId, statementId } }) {
      const url = statements.download.url.replace(':clientId', clientId).replace(':statementId', statementId)
      const { status, body } = await product.request().get(`/v1${url}`).set('Cookie', by.person.cookie)
      // Bytes come as a buffer, a problem as an object
      return { status, text: Buffer.isBuffer(body) ? body.toString() : JSON.stringify(body) }
    },
  },
  reading('its rules', rules.list, { input: params, due: ofClient((place) => [place.ruleId]), ids: items }),
  reading('its books', books.get, {
    input: params,
    due: ofClient(() => ['books']),
    ids: (body) => [body.books === null ? 'none' : 'books'],
  }),
  reading('its accounts', books.accounts, { input: params, due: ofClient((place) => place.booksAccountIds), ids: items }),
  reading('its vendors', books.vendors, { input: params, due: ofClient((place) => place.vendorIds), ids: items }),
  reading('its mapping', books.mapping, { input: params, due: (q) => ({ status: sees(q) ? 200 : 404 }) }),
  reading('a template previewed for it', templates.preview, {
    input: ({ about: { clientId } }) => ({ body: { ...plainTemplate, clientId } }),
    due: (q) => ({ status: sees(q) ? 200 : 404 }),
  }),
  reading('asking it for a bank', outreach.preview, {
    input: ({ about: { clientId } }) => ({
      query: {},
      body: { ...askForBank, banks: [...askForBank.banks], templateIds: [], clientIds: [clientId] },
    }),
    due: (q) => ({ status: sees(q) ? 200 : 404 }),
  }),
  reading('a transaction', transactions.get, {
    input: ({ about, salt }) => ({ params: { transactionId: about.transactionIds[salt % about.transactionIds.length] ?? '' } }),
    due: (q) => (sees(q) ? { status: 200 } : { status: 404 }),
  }),
  reading('a push', pushes.get, {
    input: ({ about }) => ({ params: { batchId: about.batchId } }),
    due: (q) => ({ status: sees(q) ? 200 : 404 }),
  }),
]

const ofAdministrators =
  (status: number) =>
  (question: Question): Due => ({ status: !question.by.isAdministrator ? 403 : sees(question) ? status : 404 })

const writing: Ask[] = [
  reading('what deleting it would do', erasure.preview, { input: params, due: ofAdministrators(200) }),
  reading('its deletion by another name', erasure.remove, {
    input: (q) => ({ ...params(q), body: { businessName: 'Nobody' } }),
    due: ofAdministrators(400),
  }),
  reading('a client changed', clients.update, {
    input: ({ about, salt }) => ({ ...params({ about } as Question), body: { contactLastName: `${about.mark} ${salt}` } }), // only `about` is read
    due: (q) => ({ status: sees(q) ? 200 : 404 }),
  }),
  reading('a memo written', review.code, {
    input: ({ about, salt }) => ({
      params: { transactionId: about.transactionIds[salt % about.transactionIds.length] ?? '' },
      body: { memo: `${about.mark} ${salt}` },
    }),
    due: (q) => ({ status: sees(q) ? 200 : 404 }),
  }),
  reading('a firm renamed', firms.update, {
    input: ({ by }) => ({ body: { name: `Firm ${by.firm.mark}` } }),
    due: ({ by }) => ({ status: by.isAdministrator ? 200 : 403 }),
  }),
]

export const asks: readonly Ask[] = [...lists, ...single, ...writing]
