import { itemOf, needHealthy, type Endpoint } from './api.ts'
import { invalidField, invalidInput } from './errors.ts'
import type { Fields } from './fields.ts'
import { notify } from './item-webhooks.ts'
import { removeItem } from './items.ts'
import { advance } from './ledger.ts'
import type { Item } from './types.ts'
import { accountView, itemView, sharedAccounts } from './views.ts'
import type { World } from './world.ts'

const removeReasons = [
  'FRAUD_FIRST_PARTY',
  'FRAUD_FALSE_IDENTITY',
  'FRAUD_ABUSE',
  'FRAUD_OTHER',
  'CONNECTION_IS_NON_FUNCTIONAL',
  'OTHER',
] as const

function accountsOf(item: Item, body: Fields): object[] {
  const shared = sharedAccounts(item)
  const options = body.object('options')
  if (!options.has('account_ids')) return shared.map((account) => accountView(item, account))
  return options.texts('account_ids').map((id) => {
    const account = shared.find((candidate) => candidate.accountId === id)
    if (!account) throw invalidInput('INVALID_ACCOUNT_ID', 'one or more of the account IDs is invalid')
    return accountView(item, account)
  })
}

/** Items and their accounts. */
export function itemEndpoints(world: World): Endpoint[] {
  return [
    {
      path: '/item/get',
      fields: ['access_token'],
      handle(body) {
        const item = itemOf(world, body)
        return {
          item: itemView(item),
          status: {
            investments: null,
            transactions: { last_successful_update: item.lastUpdateAt, last_failed_update: null },
            last_webhook: item.lastWebhook,
          },
        }
      },
    },
    {
      path: '/item/remove',
      fields: ['access_token', 'reason_code', 'reason_note'],
      handle(body) {
        body.choice('reason_code', removeReasons)
        body.text('reason_note', { max: 512 })
        removeItem(world, itemOf(world, body))
        world.store.save()
        return {}
      },
    },
    {
      path: '/item/webhook/update',
      fields: ['access_token', 'webhook'],
      handle(body) {
        const item = itemOf(world, body)
        item.webhook = body.address('webhook')
        notify(world, item, 'ITEM/WEBHOOK_UPDATE_ACKNOWLEDGED', { error: null, new_webhook_url: item.webhook })
        world.store.save()
        return { item: itemView(item) }
      },
    },
    {
      path: '/accounts/get',
      fields: ['access_token', 'options'],
      handle(body) {
        const item = itemOf(world, body)
        return { accounts: accountsOf(item, body), item: itemView(item) }
      },
    },
    {
      path: '/accounts/balance/get',
      fields: ['access_token', 'options', 'payment_details'],
      handle(body) {
        const item = itemOf(world, body)
        needHealthy(item)
        const oldest = body.object('options').text('min_last_updated_datetime')
        if (oldest !== null && Number.isNaN(Date.parse(oldest)))
          throw invalidField('options.min_last_updated_datetime must be an ISO 8601 date and time')
        advance(world, item)
        world.store.save()
        return { accounts: accountsOf(item, body), item: itemView(item) }
      },
    },
  ]
}
