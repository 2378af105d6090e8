import { itemOf, needHealthy, type Endpoint } from './api.ts'
import { addDays, dayOf, isDay, isoAfter } from './calendar.ts'
import { invalidField, PlaidFault } from './errors.ts'
import type { Fields } from './fields.ts'
import { notify, webhookError } from './item-webhooks.ts'
import { breakLogin } from './items.ts'
import { sendRows } from './ledger.ts'
import type { Item, SentRow } from './types.ts'
import { sharedAccounts } from './views.ts'
import type { World } from './world.ts'

const webhookCodes = [
  'DEFAULT_UPDATE',
  'NEW_ACCOUNTS_AVAILABLE',
  'SMS_MICRODEPOSITS_VERIFICATION',
  'AUTHORIZATION_GRANTED',
  'USER_PERMISSION_REVOKED',
  'USER_ACCOUNT_REVOKED',
  'PENDING_DISCONNECT',
  'RECURRING_TRANSACTIONS_UPDATE',
  'LOGIN_REPAIRED',
  'SYNC_UPDATES_AVAILABLE',
  'PRODUCT_READY',
  'ERROR',
] as const

const webhookTypes = ['AUTH', 'HOLDINGS', 'INVESTMENTS_TRANSACTIONS', 'ITEM', 'LIABILITIES', 'TRANSACTIONS', 'ASSETS'] as const

const weekMs = 7 * 86_400_000

function notEnabled(product: string): PlaidFault {
  return new PlaidFault('SANDBOX_ERROR', 'SANDBOX_PRODUCT_NOT_ENABLED', `the requested product is not enabled for this item: ${product}`)
}

/** Sends a webhook as if its cause had come about; nothing else changes. PRODUCT_READY and ERROR are those of Assets, as at Plaid. */
function fire(world: World, item: Item, code: (typeof webhookCodes)[number]): void {
  const send = (type: string, extra: Record<string, unknown> = {}): void => notify(world, item, `${type}/${code}`, extra)
  const needTransactions = (): void => {
    if (!item.products.includes('transactions')) throw notEnabled('transactions')
  }
  switch (code) {
    case 'DEFAULT_UPDATE':
      needTransactions()
      return send('TRANSACTIONS', { error: null, new_transactions: 0 })
    case 'SYNC_UPDATES_AVAILABLE':
      needTransactions()
      return send('TRANSACTIONS', {
        initial_update_complete: item.readiness !== 'none',
        historical_update_complete: item.readiness === 'historical',
      })
    case 'RECURRING_TRANSACTIONS_UPDATE':
      needTransactions()
      return send('TRANSACTIONS', { account_ids: sharedAccounts(item).map((account) => account.accountId) })
    case 'NEW_ACCOUNTS_AVAILABLE':
      return send('ITEM', { error: null })
    case 'USER_PERMISSION_REVOKED':
      return send('ITEM', { error: webhookError('USER_PERMISSION_REVOKED') })
    case 'USER_ACCOUNT_REVOKED':
      return send('ITEM', { account_id: sharedAccounts(item)[0]?.accountId ?? null })
    case 'PENDING_DISCONNECT':
      return send('ITEM', { reason: 'INSTITUTION_TOKEN_EXPIRATION', disconnect_time: isoAfter(world.now(), weekMs) })
    case 'LOGIN_REPAIRED':
      return send('ITEM')
    case 'PRODUCT_READY':
    case 'ERROR':
      if (!item.products.includes('assets')) throw notEnabled('assets')
      return send('ASSETS')
    case 'SMS_MICRODEPOSITS_VERIFICATION':
    case 'AUTHORIZATION_GRANTED':
      throw notEnabled('auth')
  }
}

function readRow(row: Fields, today: string): SentRow {
  row.need('date_transacted', 'date_posted', 'amount', 'description')
  row.only(['date_transacted', 'date_posted', 'amount', 'description', 'iso_currency_code'])
  const [happened, posted] = [row.needText('date_transacted'), row.needText('date_posted')]
  if (!isDay(happened) || !isDay(posted))
    throw invalidField('transactions: date_transacted and date_posted must be dates of the form YYYY-MM-DD')
  if ([happened, posted].some((day) => day < addDays(today, -14) || day > today))
    throw invalidField('transactions: dates must be within the last 14 days')
  const currency = row.text('iso_currency_code')
  return {
    amount: row.number('amount') ?? 0,
    description: row.needText('description'),
    date: posted,
    ...(currency === null ? {} : { currency }),
  }
}

/** What Plaid offers only in its Sandbox. */
export function sandboxEndpoints(world: World): Endpoint[] {
  return [
    {
      path: '/sandbox/item/reset_login',
      fields: ['access_token'],
      handle(body) {
        breakLogin(world, itemOf(world, body))
        world.store.save()
        return { reset_login: true }
      },
    },
    {
      path: '/sandbox/item/fire_webhook',
      fields: ['access_token', 'webhook_type', 'webhook_code'],
      handle(body) {
        const item = itemOf(world, body)
        body.need('webhook_code')
        body.choice('webhook_type', webhookTypes)
        const code = body.choice('webhook_code', webhookCodes)
        if (item.webhook === null)
          throw new PlaidFault('SANDBOX_ERROR', 'SANDBOX_WEBHOOK_INVALID', 'webhook for this item is either not set up, or invalid')
        if (code !== null) fire(world, item, code)
        world.store.save()
        return { webhook_fired: true }
      },
    },
    {
      path: '/sandbox/transactions/create',
      fields: ['access_token', 'transactions'],
      handle(body) {
        const item = itemOf(world, body)
        needHealthy(item)
        const rows = body.objects('transactions')
        body.need('transactions')
        if (rows.length === 0 || rows.length > 10) throw invalidField('transactions must have between 1 and 10 elements')
        if (!item.dynamic) throw invalidField('transactions can be created only for Items of user_transactions_dynamic')
        const today = dayOf(world.now())
        sendRows(
          world,
          item,
          rows.map((row) => readRow(row, today)),
        )
        world.store.save()
        return {}
      },
    },
  ]
}
