import { Configuration, CountryCode, type LinkTokenCreateRequest, PlaidApi, Products } from 'plaid'
import { allowOutgoing, outgoing } from '../../core/outgoing.ts'
import { toProviderError } from './errors.ts'
import { toInstitution, toLinkOutcome, toProviderAccount, toSyncPage } from './map.ts'
import type { LinkOptions, LinkToken, Plaid, PlaidConfig } from './types.ts'
import { createVerifier } from './webhook.ts'

export type * from './types.ts'

/** Somebody waits for these. */
const interactiveMs = 10_000
/** A page of history may take the provider longer. */
const syncMs = 30_000
/** The provider itself waits ten seconds for our answer to its webhook. */
const keyMs = 5_000
/** The provider asks for one and the same count on all pages; the largest makes changes between pages least likely. */
const rowsPerPage = 500
const clientNameMax = 30
/** The provider's maximum, and it cannot be raised later: 24 months. */
const historyDays = 730
/** How long the bank's sign-in stays open. */
const hostedUrlSeconds = 60 * 60
const countries = [CountryCode.Us, CountryCode.Ca]

/** Nothing but ProviderError leaves the adapter: the SDK's errors hold the credentials. */
async function calling<T>(operation: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (error) {
    throw toProviderError(operation, error)
  }
}

/** Builds the adapter over the plaid SDK. `clock` (ms) judges the age of webhooks: it is the outside world's, not the product's. */
export function createPlaid(config: PlaidConfig, clock: () => number = Date.now): Plaid {
  allowOutgoing(config.baseUrl)
  const api = new PlaidApi(
    new Configuration({
      basePath: config.baseUrl,
      baseOptions: {
        headers: { 'PLAID-CLIENT-ID': config.clientId, 'PLAID-SECRET': config.secret },
        timeout: interactiveMs,
      },
    }),
    undefined,
    outgoing,
  )
  return {
    hostedLinkOrigin: config.hostedLinkOrigin,
    ...linkCalls(api, config),
    ...itemCalls(api),
    verifyWebhook: createVerifier(
      (keyId) =>
        calling(
          'webhookVerificationKeyGet',
          async () => (await api.webhookVerificationKeyGet({ key_id: keyId }, { timeout: keyMs })).data.key,
        ),
      clock,
    ),
  }
}

type LinkCalls = Pick<Plaid, 'searchInstitutions' | 'createLink' | 'linkOutcome' | 'exchange'>

function linkCalls(api: PlaidApi, config: PlaidConfig): LinkCalls {
  return {
    searchInstitutions: (query) =>
      calling('institutionsSearch', async () => {
        if (query.trim() === '') return []
        const { data } = await api.institutionsSearch({
          query: query.trim(),
          products: [Products.Transactions],
          country_codes: countries,
          options: { include_optional_metadata: true },
        })
        return data.institutions.map(toInstitution)
      }),
    createLink: (options) => calling('linkTokenCreate', () => createLink(api, config, options)),
    linkOutcome: (linkToken) =>
      calling('linkTokenGet', async () => toLinkOutcome((await api.linkTokenGet({ link_token: linkToken })).data.link_sessions ?? [])),
    exchange: (publicToken) =>
      calling('itemPublicTokenExchange', async () => {
        const { data } = await api.itemPublicTokenExchange({ public_token: publicToken })
        return { accessToken: data.access_token, itemId: data.item_id }
      }),
  }
}

function itemCalls(api: PlaidApi): Pick<Plaid, 'item' | 'accounts' | 'syncPage' | 'removeItem'> {
  return {
    item: (accessToken) =>
      calling('itemGet', async () => {
        const { item } = (await api.itemGet({ access_token: accessToken })).data
        return {
          institutionId: item.institution_id ?? null,
          institutionName: item.institution_name ?? null,
          errorCode: item.error?.error_code ?? null,
        }
      }),
    accounts: (accessToken) =>
      calling('accountsGet', async () => (await api.accountsGet({ access_token: accessToken })).data.accounts.map(toProviderAccount)),
    syncPage: (accessToken, cursor) =>
      calling('transactionsSync', async () => {
        const request = {
          access_token: accessToken,
          count: rowsPerPage,
          options: { include_original_description: true },
          ...(cursor === null ? {} : { cursor }),
        }
        return toSyncPage((await api.transactionsSync(request, { timeout: syncMs })).data)
      }),
    removeItem: (accessToken) =>
      calling('itemRemove', async () => {
        await api.itemRemove({ access_token: accessToken })
      }),
  }
}

async function createLink(api: PlaidApi, config: PlaidConfig, options: LinkOptions): Promise<LinkToken> {
  const request: LinkTokenCreateRequest = {
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
  const { data } = await api.linkTokenCreate(request)
  // A person's browser is sent there: nowhere but to the provider's own sign-in
  if (data.hosted_link_url === undefined || !isAt(config.hostedLinkOrigin, data.hosted_link_url))
    throw new Error('The answer has no address of the sign-in')
  return { linkToken: data.link_token, hostedUrl: data.hosted_link_url, expiresAt: new Date(data.expiration) }
}

const isAt = (origin: string, address: string): boolean => URL.canParse(address) && new URL(address).origin === origin
