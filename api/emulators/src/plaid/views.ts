import { errorBody, faultOf } from './errors.ts'
import { institutionById, logoOf, type Institution } from './institutions.ts'
import { availableOf } from './ledger.ts'
import { currencyFields, fromMinor } from './money.ts'
import type { Account, Item, PlaidItemView } from './types.ts'

/** An account as /accounts/get and /transactions/sync report it. */
export function accountView(item: Item, account: Account): object {
  return {
    account_id: account.accountId,
    balances: {
      available: availableOf(item, account),
      current: fromMinor(account.currentMinor, account.currency),
      limit: account.limitMinor === null ? null : fromMinor(account.limitMinor, account.currency),
      ...currencyFields(account.currency),
    },
    holder_category: account.business ? 'business' : 'personal',
    mask: account.mask,
    name: account.name,
    official_name: account.officialName,
    ...(account.persistentAccountId === null ? {} : { persistent_account_id: account.persistentAccountId }),
    subtype: account.subtype,
    type: account.type,
  }
}

/** The accounts the person shared. */
export function sharedAccounts(item: Item): Account[] {
  return item.accounts.filter((account) => account.shared)
}

/** The Item object of Plaid's answers. */
export function itemView(item: Item): object {
  const institution = institutionById(item.institutionId)
  return {
    auth_method: null,
    available_products: (institution?.products ?? []).filter((product) => !item.products.includes(product)),
    billed_products: item.products,
    consent_expiration_time: null,
    consented_products: [...new Set([...item.products, ...item.consentedProducts])],
    created_at: item.createdAt,
    error: item.errorCode === null ? null : errorBody(faultOf(item.errorCode), ''),
    institution_id: item.institutionId,
    institution_name: institution?.name ?? null,
    item_id: item.itemId,
    products: item.products,
    update_type: 'background',
    webhook: item.webhook ?? '',
  }
}

/** What the institution endpoints say of a bank. */
export function institutionView(institution: Institution, options: { metadata: boolean; status: boolean; authMetadata: boolean }): object {
  return {
    country_codes: institution.countryCodes,
    dtc_numbers: [],
    institution_id: institution.id,
    name: institution.name,
    oauth: institution.oauth,
    products: institution.products,
    routing_numbers: institution.routingNumbers,
    ...(options.metadata ? { url: institution.url, primary_color: institution.colour, logo: logoOf(institution) } : {}),
    ...(options.status ? { status: statusView() } : {}),
    ...(options.authMetadata ? { auth_metadata: null } : {}),
  }
}

function statusView(): object {
  const healthy = {
    status: 'HEALTHY',
    last_status_change: '2025-01-01T00:00:00Z',
    breakdown: { success: 1, error_plaid: 0, error_institution: 0 },
  }
  return {
    item_logins: healthy,
    transactions_updates: { ...healthy, breakdown: { ...healthy.breakdown, refresh_interval: 'NORMAL' } },
    auth: healthy,
    identity: healthy,
  }
}

/** What really exists, for tests and for the buttons of a person at the practice bank. */
export function toItemView(item: Item): PlaidItemView {
  const rows = Object.values(item.current)
  return {
    itemId: item.itemId,
    institutionId: item.institutionId,
    institutionName: institutionById(item.institutionId)?.name ?? item.institutionId,
    username: item.username,
    clientUserId: item.clientUserId,
    status: statusOf(item),
    errorCode: item.errorCode,
    removed: item.removedAt !== null,
    webhook: item.webhook,
    createdAt: item.createdAt,
    accounts: item.accounts.map((account) => ({
      accountId: account.accountId,
      name: account.name,
      mask: account.mask,
      type: account.type,
      subtype: account.subtype,
      currency: account.currency,
      shared: account.shared,
      current: fromMinor(account.currentMinor, account.currency),
      available: availableOf(item, account),
    })),
    pendingCount: rows.filter((row) => row.pending).length,
    postedCount: rows.filter((row) => !row.pending).length,
  }
}

function statusOf(item: Item): PlaidItemView['status'] {
  if (item.removedAt !== null) return 'removed'
  if (item.exchangedAt === null) return 'not_exchanged'
  if (item.errorCode === null) return 'healthy'
  if (item.errorCode === 'ITEM_LOGIN_REQUIRED') return 'login_required'
  return item.errorCode === 'USER_PERMISSION_REVOKED' ? 'revoked' : 'failing'
}
