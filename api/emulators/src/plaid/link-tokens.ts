import { isDay, isoAfter } from './calendar.ts'
import { itemOf } from './api.ts'
import { invalidField, invalidInput, PlaidFault } from './errors.ts'
import type { Fields } from './fields.ts'
import { newId, newToken } from './ids.ts'
import { countryCodes, languages, readProducts } from './products.ts'
import type { LinkToken } from './types.ts'
import type { World } from './world.ts'

/** Members of /link/token/create that are read here. Those of products that are not emulated are refused by name. */
export const linkTokenFields = [
  'client_name',
  'language',
  'country_codes',
  'user',
  'user_id',
  'products',
  'required_if_supported_products',
  'optional_products',
  'additional_consented_products',
  'webhook',
  'access_token',
  'link_customization_name',
  'redirect_uri',
  'institution_data',
  'account_filters',
  'update',
  'statements',
  'hosted_link',
  'transactions',
  'enable_multi_item_link',
  'user_token',
  'institution_id',
  'appearance_mode',
  'android_package_name',
] as const

const minuteS = 60
const hostedLifeS = 30 * minuteS
const hostedLifeMaxS = 21 * 24 * 60 * minuteS
const newLifeS = 4 * 60 * minuteS
const updateLifeS = 30 * minuteS
const filterTypes = ['depository', 'credit', 'loan', 'investment', 'other'] as const
const clientNameShown = 30

function readUser(body: Fields): string | null {
  if (!body.has('user') && !body.has('user_id')) body.need('user')
  const user = body.object('user')
  if (body.has('user')) user.need('client_user_id')
  const phone = user.text('phone_number')
  if (phone !== null && !/^\+[1-9]\d{6,14}$/.test(phone))
    throw invalidField('user.phone_number must be in E.164 format, for example +14155550123')
  const email = user.text('email_address', { max: 320 })
  if (email !== null && !/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(email)) throw invalidField('user.email_address must be a valid email address')
  return user.text('client_user_id', { max: 512 })
}

function readFilters(body: Fields): LinkToken['accountFilters'] {
  if (!body.has('account_filters')) return null
  const filters = body.object('account_filters')
  filters.only(filterTypes)
  return Object.fromEntries(
    filters.names().map((type) => {
      const subtypes = filters.object(type).texts('account_subtypes')
      if (subtypes.length === 0) throw invalidField(`account_filters.${type}.account_subtypes must not be empty`)
      return [type, { account_subtypes: subtypes }]
    }),
  )
}

function readHosted(body: Fields): { lifeS: number | null; completionRedirectUri: string | null } | null {
  if (!body.has('hosted_link')) return null
  const hosted = body.object('hosted_link')
  hosted.only(['delivery_method', 'completion_redirect_uri', 'url_lifetime_seconds', 'is_mobile_app'])
  const delivery = hosted.choice('delivery_method', ['sms', 'email'])
  const user = body.object('user')
  if (delivery === 'sms') user.need('phone_number')
  if (delivery === 'email') user.need('email_address')
  hosted.flag('is_mobile_app')
  return {
    lifeS: hosted.integer('url_lifetime_seconds', 1, hostedLifeMaxS),
    // A mobile application may be called back by its own scheme, so any absolute address will do
    completionRedirectUri: readRedirect(hosted),
  }
}

function readRedirect(hosted: Fields): string | null {
  const uri = hosted.text('completion_redirect_uri', { max: 4000 })
  if (uri === null) return null
  const scheme = URL.canParse(uri) ? new URL(uri).protocol : ''
  if (scheme === '' || ['javascript:', 'data:', 'vbscript:', 'file:', 'blob:'].includes(scheme))
    throw invalidField('hosted_link.completion_redirect_uri must be a valid URI')
  return uri
}

function checkStatements(body: Fields, wanted: readonly string[]): void {
  if (!body.has('statements')) {
    if (wanted.includes('statements')) body.need('statements')
    return
  }
  const statements = body.object('statements')
  const [start, end] = [statements.needText('start_date'), statements.needText('end_date')]
  if (!isDay(start) || !isDay(end)) throw invalidField('statements.start_date and statements.end_date must be dates of the form YYYY-MM-DD')
  if (start > end) throw invalidField('statements.start_date must not be after statements.end_date')
  if (`${Number(start.slice(0, 4)) + 2}${start.slice(4)}` < end) throw invalidField('statements: at most two years can be asked for')
}

function readRedirectUri(body: Fields): string | null {
  const uri = body.address('redirect_uri')
  if (uri !== null && new URL(uri).search !== '') throw invalidField('redirect_uri must not have a query string')
  return uri
}

function readRouting(body: Fields): string | null {
  const routing = body.object('institution_data').text('routing_number')
  if (routing !== null && !/^\d{9}$/.test(routing)) throw invalidField('institution_data.routing_number must be nine digits')
  return routing
}

function checkMultiItem(body: Fields): boolean {
  const multi = body.flag('enable_multi_item_link')
  if (multi && !body.has('user_id') && !body.has('user_token'))
    throw invalidField('enable_multi_item_link requires a user_id or a user_token')
  return multi
}

/** What /link/token/create makes of its body. With `access_token` it is update mode, which takes no products and no webhook. */
export function createLinkToken(world: World, body: Fields): LinkToken {
  body.need('client_name', 'language', 'country_codes')
  const lists = readProducts(body)
  const update = body.has('access_token') ? itemOf(world, body) : null
  if (update === null && lists.products.length === 0 && lists.requiredIfSupportedProducts.length === 0) {
    throw new PlaidFault('INVALID_REQUEST', 'MISSING_FIELDS', 'the following required fields are missing: products')
  }
  if (update !== null && lists.products.includes('transactions')) throw invalidField('products must be left out in update mode')
  const transactions = body.object('transactions')
  transactions.only(['days_requested'])
  checkStatements(body, update === null ? [...lists.products, ...lists.requiredIfSupportedProducts] : [])
  const hosted = readHosted(body)
  const lifeS = hosted === null ? (update === null ? newLifeS : updateLifeS) : (hosted.lifeS ?? hostedLifeS)
  const countries = body.choices('country_codes', countryCodes)
  if (countries.length === 0) throw invalidField('country_codes must not be empty')
  const now = world.now()
  const token: LinkToken = {
    token: '',
    hostedId: null,
    createdAt: now.toISOString(),
    expiresAt: isoAfter(now, lifeS * 1000),
    clientName: shownName(body.needText('client_name')),
    language: body.choice('language', languages) ?? 'en',
    countryCodes: countries,
    ...lists,
    webhook: body.address('webhook'),
    redirectUri: readRedirectUri(body),
    clientUserId: readUser(body),
    userId: body.text('user_id'),
    daysRequested: transactions.integer('days_requested', 1, 730) ?? 90,
    accountFilters: readFilters(body),
    routingNumber: readRouting(body),
    completionRedirectUri: hosted?.completionRedirectUri ?? null,
    updateItemId: update?.itemId ?? null,
    accountSelection: body.object('update').flag('account_selection_enabled'),
    multiItem: checkMultiItem(body),
    sessions: [],
  }
  // Ids are drawn last, so that a refused body leaves no trace in the books
  token.token = newToken(world.store.data, 'link')
  token.hostedId = hosted === null ? null : newId(world.store.data, 40)
  world.store.data.linkTokens[token.token] = token
  return token
}

/** Link shows "This Application" for a name that is too long. */
function shownName(name: string): string {
  return name.length > clientNameShown ? 'This Application' : name
}

/**
 * The link token of this name.
 *
 * @throws PlaidFault INVALID_LINK_TOKEN for one nobody issued.
 */
export function linkTokenOf(world: World, token: string): LinkToken {
  const known = world.store.data.linkTokens[token]
  if (!known) throw invalidInput('INVALID_LINK_TOKEN', 'the provided link token is invalid or was not found')
  return known
}

/** Whether the token's life is over. */
export function isExpired(world: World, token: LinkToken): boolean {
  return world.now().toISOString() >= token.expiresAt
}

/** The Hosted Link address of the token; null when it was not asked for. */
export function hostedUrl(world: World, token: LinkToken): string | null {
  return token.hostedId === null ? null : `${world.url()}/hl/${token.hostedId}`
}

/** Refuses a token whose life is over, as Link does. */
export function needFresh(world: World, token: LinkToken): void {
  if (isExpired(world, token)) throw new PlaidFault('INVALID_INPUT', 'INVALID_LINK_TOKEN', 'the provided link token has expired')
}
