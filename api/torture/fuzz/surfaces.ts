import { brokenRequests } from './junk.ts'
import { parsed, type Provider, type Target } from './target.ts'
import type { Schema } from './values.ts'

const token: Schema = { type: 'string' }
const anything: Schema = { type: 'string', maxLength: 200 }
const uuid: Schema = { type: 'string', format: 'uuid' }

interface Surface {
  method: string
  path: string
  params?: Record<string, Schema>
  query?: Record<string, Schema>
  body?: Schema
  encoding?: 'json' | 'form' | 'files'
  weight?: number
  signedBy?: Provider
  /** Statuses below 400 and the media types that go with them. Errors are a page or a problem. */
  answers: Record<number, string>
}

const errors = new Set([400, 401, 403, 404, 408, 409, 410, 413, 414, 415, 416, 417, 429, 431])
const page = 'text/html'
const language = { lang: { enum: ['en', 'es', 'de', ''] } satisfies Schema }

const pages: Surface[] = [
  { method: 'GET', path: '/i/{token}', params: { token }, query: { ...language, code: { enum: ['sent', ''] } }, answers: { 200: page } },
  {
    method: 'POST',
    path: '/i/{token}/code',
    params: { token },
    query: language,
    body: { type: 'object', properties: { channel: { enum: ['sms', 'email'] } } },
    encoding: 'form',
    answers: { 303: '' },
  },
  { method: 'GET', path: '/i/{token}/later', params: { token }, query: language, answers: { 200: page, 303: '' } },
  {
    method: 'POST',
    path: '/i/{token}/later',
    params: { token },
    query: language,
    body: { type: 'object', properties: { when: { enum: ['hours', 'evening', 'tomorrow', 'next', 'third'] } } },
    encoding: 'form',
    answers: { 303: '' },
  },
  {
    method: 'POST',
    path: '/i/{token}/claim',
    params: { token },
    query: language,
    body: { type: 'object', properties: { code: { type: 'string' } } },
    encoding: 'form',
    answers: { 303: '' },
  },
  { method: 'POST', path: '/i/{token}/newest', params: { token }, query: language, answers: { 200: page, 303: '' }, encoding: 'form' },
  {
    method: 'POST',
    path: '/i/{token}/connect',
    params: { token },
    query: language,
    body: { type: 'object', properties: { bankId: uuid } },
    encoding: 'form',
    answers: { 303: '' },
  },
  {
    method: 'GET',
    path: '/i/{token}/statements',
    params: { token },
    query: { ...language, sent: { enum: ['1', '20', '99', 'x'] }, back: { enum: ['yes', 'no'] } },
    answers: { 200: page },
  },
  {
    method: 'POST',
    path: '/i/{token}/statements',
    params: { token },
    query: language,
    body: {
      type: 'object',
      properties: {
        'march.pdf': { anyOf: [{ enum: ['%PDF-1.7\nmarch\n%%EOF\n', '%PDF-1.7', ''] }, { type: 'string' }] },
        '../rows\u202E.csv': { anyOf: [{ enum: ['Date,Amount\n1,2\n', '<html><p>1,2', '\u0000'] }, { type: 'string' }] },
      },
    },
    encoding: 'files',
    answers: { 200: page, 303: '' },
  },
  {
    method: 'POST',
    path: '/i/{token}/statements/{statementId}/remove',
    params: { token, statementId: uuid },
    query: language,
    encoding: 'form',
    answers: { 303: '' },
  },
  { method: 'GET', path: '/i/back/{nonce}', params: { nonce: token }, query: language, answers: { 200: page, 303: '' } },
  { method: 'POST', path: '/i/back/{nonce}/check', params: { nonce: token }, encoding: 'form', answers: { 200: 'application/json' } },
]

const site: Surface[] = [
  { method: 'GET', path: '/openapi.json', answers: { 200: 'application/json' }, weight: 1 },
  { method: 'GET', path: '/docs', answers: { 200: page, 302: '' }, weight: 1 },
  { method: 'GET', path: '/docs/static/{file}', params: { file: anything }, answers: { 200: '*', 206: '*', 304: '' }, weight: 1 },
  { method: 'GET', path: '/docs/{file}', params: { file: anything }, answers: { 200: '*', 302: '' }, weight: 1 },
  { method: 'GET', path: '/', answers: { 200: page }, weight: 1 },
  { method: 'GET', path: '/{place}/{page}', params: { place: anything, page: anything }, answers: { 200: '*' }, weight: 2 },
  { method: 'GET', path: '/clients/{clientId}/mapping', params: { clientId: uuid }, answers: { 200: page }, weight: 1 },
  { method: 'GET', path: '/assets/{file}', params: { file: anything }, answers: { 200: '*', 206: '*', 304: '' }, weight: 1 },
]

const text: Schema = { type: 'string' }
const oneOf = (...values: string[]): Schema => ({ enum: values })

const hooks: Surface[] = [
  {
    method: 'POST',
    path: '/v1/webhooks/plaid',
    signedBy: 'plaid',
    body: {
      type: 'object',
      properties: {
        webhook_type: oneOf('TRANSACTIONS', 'ITEM', 'LINK', 'OTHER'),
        webhook_code: oneOf(
          'SYNC_UPDATES_AVAILABLE',
          'ERROR',
          'LOGIN_REPAIRED',
          'PENDING_DISCONNECT',
          'PENDING_EXPIRATION',
          'USER_PERMISSION_REVOKED',
          'SESSION_FINISHED',
        ),
        item_id: text,
        link_token: text,
        consent_expiration_time: { anyOf: [{ type: 'string', format: 'date-time' }, text] },
        error: {
          anyOf: [
            { type: 'object', properties: { error_code: oneOf('ITEM_LOGIN_REQUIRED', 'INTERNAL_SERVER_ERROR', 'X') } },
            { type: 'null' },
          ],
        },
      },
    },
    answers: { 200: '' },
  },
  {
    method: 'POST',
    path: '/v1/webhooks/intuit',
    signedBy: 'intuit',
    body: {
      anyOf: [
        {
          type: 'array',
          items: {
            type: 'object',
            properties: { type: oneOf('qbo.account.created.v1', 'qbo.vendor.updated.v1', 'x'), intuitaccountid: text },
          },
          maxItems: 20,
        },
        {
          type: 'object',
          properties: {
            eventNotifications: {
              type: 'array',
              maxItems: 5,
              items: {
                type: 'object',
                properties: {
                  realmId: text,
                  dataChangeEvent: {
                    type: 'object',
                    properties: {
                      entities: {
                        type: 'array',
                        maxItems: 5,
                        items: { type: 'object', properties: { name: oneOf('Account', 'Vendor', 'Bill') } },
                      },
                    },
                  },
                },
              },
            },
          },
        },
      ],
    },
    answers: { 200: '' },
  },
  {
    method: 'POST',
    path: '/v1/webhooks/twilio/status',
    signedBy: 'twilio',
    query: { message: text },
    encoding: 'form',
    body: {
      type: 'object',
      properties: {
        MessageSid: text,
        MessageStatus: oneOf('queued', 'sent', 'delivered', 'undelivered', 'failed', 'x'),
        ErrorCode: oneOf('30003', '21610', 'x'),
      },
    },
    answers: { 204: '' },
  },
  {
    method: 'POST',
    path: '/v1/webhooks/twilio/inbound',
    signedBy: 'twilio',
    encoding: 'form',
    body: {
      type: 'object',
      properties: {
        MessageSid: text,
        From: oneOf('+15035550000', '+99', 'nobody'),
        Body: { anyOf: [oneOf('STOP', 'start', 'ALTO', 'help'), text] },
      },
    },
    answers: { 200: 'text/xml' },
  },
  {
    method: 'POST',
    path: '/v1/webhooks/sendgrid',
    signedBy: 'sendgrid',
    body: {
      type: 'array',
      maxItems: 5,
      items: {
        type: 'object',
        properties: {
          event: oneOf('processed', 'delivered', 'bounce', 'dropped', 'unsubscribe', 'open', 'x'),
          sg_event_id: text,
          type: oneOf('bounce', 'blocked'),
          reason: text,
          firm_id: uuid,
          message_id: uuid,
        },
      },
    },
    answers: { 204: '' },
  },
]

/** What the OpenAPI document leaves out: the clients' pages, webhooks, files, and bytes that are no request at all. */
export function otherTargets(): Target[] {
  const broken = brokenRequests.map(
    (bytes, index): Target => ({ ...toTarget({ method: 'RAW', path: `#${index}`, answers: {} }), bytes, weight: 1 }),
  )
  return [...pages.map(toTarget), ...site.map(toTarget), ...hooks.map(toTarget), ...broken]
}

function toTarget({ method, path, params = {}, query = {}, body, encoding = 'json', weight = 10, signedBy, answers }: Surface): Target {
  return {
    id: `${method} ${path}`,
    method,
    path,
    params,
    query: Object.entries(query).map(([name, schema]) => ({ name, schema, required: false })),
    body: body ?? null,
    encoding,
    forStaff: false,
    forOperators: false,
    weight,
    signedBy: signedBy ?? null,
    bytes: null,
    objection: (status, mediaType, text) => objectionTo(answers, status, { mediaType, text }),
  }
}

function objectionTo(answers: Surface['answers'], status: number, body: { mediaType: string; text: string | undefined }): string | null {
  const { mediaType, text } = body
  if (errors.has(status))
    return text === undefined || mediaType === page || mediaType === 'application/problem+json' ? null : `an error is no ${mediaType}`
  const expected = answers[status]
  if (expected === undefined) return `the status ${status} is none that this address may answer`
  if (text === undefined || expected === '*') return null
  if (expected === '' ? text !== '' && status !== 303 && status !== 302 : mediaType !== expected)
    return `the answer ${status} is no ${mediaType}`
  return mediaType === 'application/json' && parsed(text) === undefined ? `the body of ${status} is no JSON` : null
}
