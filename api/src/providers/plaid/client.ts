import { Configuration, CountryCode, type LinkTokenCreateRequest, PlaidApi, Products } from 'plaid'
import { allowOutgoing, outgoing } from '../../core/outgoing.ts'
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
const countries = [CountryCode.Us, CountryCode.Ca]

/** The one way to Plaid: `token` says whose call it is, null for one of our account. */
type Calling = <T>(operation: PlaidOperation, token: string | null, call: (options: { timeout: number }) => Promise<T>) => Promise<T>

/** Calls go out when their turn has come. Nothing but ProviderError leaves the adapter: the SDK's errors hold the credentials. */
function caller(pace: Pace): Calling {
  return (operation, token, call) =>
    pace.inTurn(turnOf(operation, token), async (timeout) => {
      try {
        return await call({ timeout })
      } catch (error) {
        throw toProviderError(operation, error)
      }
    })
}

/** Builds the adapter over the plaid SDK. `clock` (ms) judges the age of webhooks: it is the outside world's, not the product's. */
export function createPlaid(config: PlaidConfig, pace: Pace, clock: () => number = Date.now): Plaid {
  allowOutgoing(config.baseUrl)
  const api = new PlaidApi(
    new Configuration({
      basePath: config.baseUrl,
      baseOptions: {
        headers: { 'PLAID-CLIENT-ID': config.clientId, 'PLAID-SECRET': config.secret },
      },
    }),
    undefined,
    outgoing,
  )
  const calling = caller(pace)
  return {
    hostedLinkOrigin: config.hostedLinkOrigin,
    ...linkCalls(api, config, calling),
    ...itemCalls(api, calling),
    verifyWebhook: createVerifier(
      (keyId) =>
        calling(
          'webhookVerificationKeyGet',
          null,
          async (options) => (await api.webhookVerificationKeyGet({ key_id: keyId }, options)).data.key,
        ),
      clock,
    ),
  }
}

type LinkCalls = Pick<Plaid, 'searchInstitutions' | 'createLink' | 'linkOutcome' | 'exchange'>

function linkCalls(api: PlaidApi, config: PlaidConfig, calling: Calling): LinkCalls {
  return {
    async searchInstitutions(query) {
      if (query.trim() === '') return []
      const request = {
        query: query.trim(),
        products: [Products.Transactions],
        country_codes: countries,
        options: { include_optional_metadata: true },
      }
      return calling('institutionsSearch', null, async (options) =>
        (await api.institutionsSearch(request, options)).data.institutions.map(toInstitution),
      )
    },
    createLink: (link) => calling('linkTokenCreate', null, (options) => createLink(api, config, linkRequest(config, link), options)),
    linkOutcome: (linkToken) =>
      calling('linkTokenGet', linkToken, async (options) =>
        toLinkOutcome((await api.linkTokenGet({ link_token: linkToken }, options)).data.link_sessions ?? []),
      ),
    exchange: (publicToken) =>
      calling('itemPublicTokenExchange', null, async (options) => {
        const { data } = await api.itemPublicTokenExchange({ public_token: publicToken }, options)
        return { accessToken: data.access_token, itemId: data.item_id }
      }),
  }
}

function itemCalls(api: PlaidApi, calling: Calling): Pick<Plaid, 'item' | 'accounts' | 'syncPage' | 'removeItem'> {
  return {
    item: (accessToken) =>
      calling('itemGet', accessToken, async (options) => {
        const { item } = (await api.itemGet({ access_token: accessToken }, options)).data
        return {
          institutionId: item.institution_id ?? null,
          institutionName: item.institution_name ?? null,
          errorCode: item.error?.error_code ?? null,
        }
      }),
    accounts: (accessToken) =>
      calling('accountsGet', accessToken, async (options) =>
        (await api.accountsGet({ access_token: accessToken }, options)).data.accounts.map(toProviderAccount),
      ),
    syncPage: (accessToken, cursor) =>
      calling('transactionsSync', accessToken, async (options) => {
        const request = {
          access_token: accessToken,
          count: rowsPerPage,
          options: { include_original_description: true },
          ...(cursor === null ? {} : { cursor }),
        }
        return toSyncPage((await api.transactionsSync(request, options)).data)
      }),
    removeItem: (accessToken) =>
      calling('itemRemove', accessToken, async (options) => {
        await api.itemRemove({ access_token: accessToken }, options)
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
          products: [Products.Transactions],
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
