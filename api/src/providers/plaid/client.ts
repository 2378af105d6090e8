import type { CountryCode, LinkTokenCreateRequest, PlaidApi, Products } from 'plaid'
import { tokenHash } from '../../core/ids.ts'
import { once } from '../../core/once.ts'
import { allowOutgoing, loadProvider, outgoing } from '../../core/outgoing.ts'
import type { Pace } from '../../core/pace.ts'
import { toProviderError } from './errors.ts'
import { type PlaidOperation, turnOf } from './limits.ts'
import { toInstitution, toLinkOutcome, toProviderAccount, toSyncPage } from './map.ts'
import type { LinkOptions, LinkToken, Plaid, PlaidConfig } from './types.ts'
import { createVerifier } from './webhook.ts'

export type * from './types.ts'

/** The provider asks for one and the same count on all pages; the largest makes changes between pages least likely. */
const rowsPerPage = 500
const clientNameMax = 30
/** The provider's maximum, and it cannot be raised later: 24 months. */
const historyDays = 730
/** How long the bank's sign-in stays open. */
const hostedUrlSeconds = 60 * 60
// Members of the package's enums, which is loaded later
const countries = ['US', 'CA'] as CountryCode[]
const transactions = 'transactions' as Products

type Call<T> = (api: PlaidApi, options: { timeout: number }) => Promise<T>
/** The one way to Plaid: `token` says whose call it is, null for one of our account. */
type Calling = <T>(operation: PlaidOperation, token: string | null, call: Call<T>) => Promise<T>

/** Calls go out when their turn has come. Nothing but ProviderError leaves the adapter: the SDK's errors hold the credentials. */
function caller(config: PlaidConfig, pace: Pace): Calling {
  const open = once(() => openApi(config))
  return (operation, token, call) =>
    pace.inTurn(turnOf(operation, token), async (timeout) => {
      const api = await open()
      try {
        return await call(api, { timeout })
      } catch (error) {
        throw toProviderError(operation, error)
      }
    })
}

async function openApi({ baseUrl, clientId, secret }: PlaidConfig): Promise<PlaidApi> {
  const { Configuration, PlaidApi } = await loadProvider(() => import('plaid'))
  const headers = { 'PLAID-CLIENT-ID': clientId, 'PLAID-SECRET': secret }
  return new PlaidApi(new Configuration({ basePath: baseUrl, baseOptions: { headers } }), undefined, outgoing())
}

/** Builds the adapter over the plaid SDK. `clock` (ms) judges the age of webhooks: it is the outside world's, not the product's. */
export function createPlaid(config: PlaidConfig, pace: Pace, clock: () => number = Date.now): Plaid {
  allowOutgoing(config.baseUrl)
  const calling = caller(config, pace)
  return {
    hostedLinkOrigin: config.hostedLinkOrigin,
    webhookMark: tokenHash(config.webhookUrl).slice(0, 16),
    ...linkCalls(config, calling),
    ...itemCalls(config, calling),
    verifyWebhook: createVerifier(
      (keyId) =>
        calling(
          'webhookVerificationKeyGet',
          null,
          async (api, options) => (await api.webhookVerificationKeyGet({ key_id: keyId }, options)).data.key,
        ),
      clock,
    ),
  }
}

type LinkCalls = Pick<Plaid, 'searchInstitutions' | 'createLink' | 'linkOutcome' | 'exchange'>

function linkCalls(config: PlaidConfig, calling: Calling): LinkCalls {
  return {
    async searchInstitutions(query) {
      if (query.trim() === '') return []
      const request = {
        query: query.trim(),
        products: [transactions],
        country_codes: countries,
        options: { include_optional_metadata: true },
      }
      return calling('institutionsSearch', null, async (api, options) =>
        (await api.institutionsSearch(request, options)).data.institutions.map(toInstitution),
      )
    },
    createLink: (link) => calling('linkTokenCreate', null, (api, options) => createLink(api, config, linkRequest(config, link), options)),
    linkOutcome: (linkToken) =>
      calling('linkTokenGet', linkToken, async (api, options) =>
        toLinkOutcome((await api.linkTokenGet({ link_token: linkToken }, options)).data.link_sessions ?? []),
      ),
    exchange: (publicToken) =>
      calling('itemPublicTokenExchange', null, async (api, options) => {
        const { data } = await api.itemPublicTokenExchange({ public_token: publicToken }, options)
        return { accessToken: data.access_token, itemId: data.item_id }
      }),
  }
}

function itemCalls(config: PlaidConfig, calling: Calling): Pick<Plaid, 'item' | 'accounts' | 'syncPage' | 'removeItem' | 'tellWebhook'> {
  return {
    item: (accessToken) =>
      calling('itemGet', accessToken, async (api, options) => {
        const { item } = (await api.itemGet({ access_token: accessToken }, options)).data
        return {
          institutionId: item.institution_id ?? null,
          institutionName: item.institution_name ?? null,
          errorCode: item.error?.error_code ?? null,
        }
      }),
    accounts: (accessToken) =>
      calling('accountsGet', accessToken, async (api, options) =>
        (await api.accountsGet({ access_token: accessToken }, options)).data.accounts.map(toProviderAccount),
      ),
    syncPage: (accessToken, cursor) =>
      calling('transactionsSync', accessToken, async (api, options) => {
        const request = {
          access_token: accessToken,
          count: rowsPerPage,
          options: { include_original_description: true },
          ...(cursor === null ? {} : { cursor }),
        }
        return toSyncPage((await api.transactionsSync(request, options)).data)
      }),
    removeItem: (accessToken) =>
      calling('itemRemove', accessToken, async (api, options) => {
        await api.itemRemove({ access_token: accessToken }, options)
      }),
    tellWebhook: (accessToken) =>
      calling('itemWebhookUpdate', accessToken, async (api, options) => {
        await api.itemWebhookUpdate({ access_token: accessToken, webhook: config.webhookUrl }, options)
      }),
  }
}

function linkRequest(config: PlaidConfig, options: LinkOptions): LinkTokenCreateRequest {
  return {
    // A longer name is not shown at all; cut by characters, not by halves of them
    client_name: [...options.firmName.trim()].slice(0, clientNameMax).join('').trim(),
    language: options.language,
    country_codes: countries,
    user: { client_user_id: options.clientId },
    hosted_link: { completion_redirect_uri: options.returnUrl, url_lifetime_seconds: hostedUrlSeconds },
    ...(options.accessToken === null
      ? {
          products: [transactions],
          transactions: { days_requested: historyDays },
          webhook: config.webhookUrl,
          ...(options.routingNumber === null ? {} : { institution_data: { routing_number: options.routingNumber } }),
        }
      : { access_token: options.accessToken }),
  }
}

async function createLink(
  api: PlaidApi,
  config: PlaidConfig,
  request: LinkTokenCreateRequest,
  options: { timeout: number },
): Promise<LinkToken> {
  const { data } = await api.linkTokenCreate(request, options)
  // A person's browser is sent there: nowhere but to the provider's own sign-in
  if (data.hosted_link_url === undefined || !isAt(config.hostedLinkOrigin, data.hosted_link_url))
    throw new Error('The answer has no address of the sign-in')
  return { linkToken: data.link_token, hostedUrl: data.hosted_link_url, expiresAt: new Date(data.expiration) }
}

const isAt = (origin: string, address: string): boolean => URL.canParse(address) && new URL(address).origin === origin
