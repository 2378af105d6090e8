import { credentials } from '@ledgersync/emulators/credentials'
import type { CallFault, LocalNetwork } from '@ledgersync/emulators/local'
import sendgridClient from '@sendgrid/client'
import sendgridMail from '@sendgrid/mail'
import { isAxiosError } from 'axios'
import { Products } from 'plaid'
import twilio from 'twilio'
import { connect, createSdk, expense, sdkCall, sdkFailure, usualIds } from './intuit-client.ts'
import { plaidClient } from './plaid-client.ts'

/** One effect at one provider, brought about by the real SDK as the product does it. */
export interface Effect {
  provider: 'plaid' | 'intuit' | 'twilio' | 'sendgrid'
  operation: string
  /** How often the effect stands in the provider's books. */
  made(): number
  /** Makes everything ready for one attempt, which is what is returned. It answers 200 for success, else the error's status; null when no answer came. */
  prepare(): Promise<() => Promise<{ status: number | null; body: unknown }>>
  /** The provider's status and error for what it answers itself. */
  answers: Partial<Record<CallFault, { status: number; body: object }>>
}

const done = { status: 200, body: null }

const silence = { status: null, body: null }
/** For an answer that broke off in the middle axios throws too, with a response whose status says success. */
const isWhole = (status: unknown): status is number => typeof status === 'number' && status >= 400

/** What an SDK that uses axios threw. */
function axiosAnswer(error: unknown): { status: number | null; body: unknown } {
  if (!isAxiosError(error)) throw error
  const { status, data } = error.response ?? {}
  return isWhole(status) ? { status, body: data } : silence
}

export function plaidEffect({ plaid }: LocalNetwork): Effect {
  const client = plaidClient(plaid.url)
  const fault = (type: string, code: string) => ({ error_type: type, error_code: code, request_id: expect.any(String) })
  return {
    provider: 'plaid',
    operation: 'POST /item/public_token/exchange',
    made: () => plaid.items().filter((item) => item.status !== 'not_exchanged').length,
    async prepare() {
      const created = await client.sandboxPublicTokenCreate({ institution_id: 'ins_109508', initial_products: [Products.Transactions] })
      return () => client.itemPublicTokenExchange({ public_token: created.data.public_token }).then(() => done, axiosAnswer)
    },
    answers: {
      throttled: { status: 429, body: fault('RATE_LIMIT_EXCEEDED', 'RATE_LIMIT') },
      server_error: { status: 500, body: fault('API_ERROR', 'INTERNAL_SERVER_ERROR') },
    },
  }
}

export function intuitEffect({ intuit }: LocalNetwork): Effect {
  return {
    provider: 'intuit',
    operation: 'POST /v3/company/:realmId/purchase',
    made: () => intuit.entries().length,
    async prepare() {
      const books = await connect(intuit)
      const ids = await usualIds(books)
      const sdk = createSdk(intuit, books.realmId, { access: books.accessToken, refresh: books.refreshToken })
      return async () => {
        const sent = sdkCall((callback) => sdk.createPurchase(expense(ids, 4.5), callback))
        return sent.then(
          () => done,
          () =>
            sdkFailure(sent).then(
              (failure) => (isWhole(failure.status) ? failure : silence),
              () => silence,
            ),
        )
      }
    },
    answers: {
      throttled: {
        status: 429,
        body: { Fault: { type: 'SystemFault', Error: [{ code: '3001', Detail: expect.stringContaining('60 seconds') }] } },
      },
      server_error: { status: 500, body: { Fault: { type: 'SystemFault', Error: [{ code: '10000' }] } } },
      unauthorized: { status: 401, body: { fault: { type: 'AUTHENTICATION', error: [{ code: '3200', detail: 'Token expired' }] } } },
    },
  }
}

export function twilioEffect(network: LocalNetwork): Effect {
  const { accountSid, authToken, from } = credentials.twilio
  const client = twilio(accountSid, authToken)
  client.api.baseUrl = network.twilio.url
  return {
    provider: 'twilio',
    operation: 'POST /2010-04-01/Accounts/:account/Messages.json',
    made: () => network.twilio.messages().length,
    prepare: async () => () =>
      client.messages.create({ to: '+14155550123', from, body: 'Hello' }).then(
        () => done,
        (error: unknown) => {
          // Twilio's RestException has these members; what the connection threw has a text in `code` and no status
          const { status, code } = error as { status?: number; code?: unknown }
          return isWhole(status) ? { status, body: { code } } : silence
        },
      ),
    answers: {
      throttled: { status: 429, body: { code: 20429 } },
      server_error: { status: 500, body: { code: 20500 } },
      unauthorized: { status: 401, body: { code: 20003 } },
    },
  }
}

export function sendgridEffect({ sendgrid }: LocalNetwork): Effect {
  // Both packages export an instance, whose constructor makes more of the same type
  const client = new (sendgridClient.constructor as new () => typeof sendgridClient)()
  client.setApiKey(credentials.sendgrid.apiKey)
  client.setDefaultRequest('baseUrl', sendgrid.url)
  const service = new (sendgridMail.constructor as new () => typeof sendgridMail)()
  service.setClient(client)
  const mail = { to: 'rosa@bakery.example', from: credentials.sendgrid.fromEmail, subject: 'Hello', text: 'Hello' }
  return {
    provider: 'sendgrid',
    operation: 'POST /v3/mail/send',
    made: () => sendgrid.messages().length,
    prepare: async () => () =>
      service.send(mail).then(
        () => done,
        (error: unknown) => {
          // A ResponseError when there was an answer, else what axios threw
          const { response } = error as { response?: { body?: unknown; headers?: unknown } }
          const { code } = error as { code?: unknown }
          return isWhole(code) ? { status: code, body: { ...Object(response?.body), headers: response?.headers } } : silence
        },
      ),
    answers: {
      throttled: {
        status: 429,
        body: {
          errors: [{ message: 'too many requests' }],
          headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': expect.stringMatching(/^\d+$/) },
        },
      },
      server_error: { status: 500, body: { errors: [{ message: 'Internal Server Error' }] } },
      unauthorized: { status: 401, body: { errors: [{ message: 'authorization required' }] } },
    },
  }
}
