import type { Endpoint } from './api.ts'
import { institutionById } from './institutions.ts'
import { invalidField, invalidInput } from './errors.ts'
import { dayOf } from './calendar.ts'
import { createItem, exchange, issuePublicToken } from './items.ts'
import { createLinkToken, hostedUrl, linkTokenFields, linkTokenOf } from './link-tokens.ts'
import { linkTokenView } from './link-view.ts'
import { CustomUserError } from './custom-fields.ts'
import { productNames } from './products.ts'
import type { Login } from './types.ts'
import { signIn } from './users.ts'
import type { World } from './world.ts'

/** Link tokens, public tokens and their exchange. */
export function linkEndpoints(world: World): Endpoint[] {
  return [
    {
      path: '/link/token/create',
      fields: linkTokenFields,
      handle(body) {
        const token = createLinkToken(world, body)
        world.store.save()
        const url = hostedUrl(world, token)
        return {
          link_token: token.token,
          expiration: token.expiresAt,
          ...(url === null ? {} : { hosted_link_url: url }),
          ...(token.userId === null ? {} : { user_id: token.userId }),
        }
      },
    },
    {
      path: '/link/token/get',
      fields: ['link_token'],
      handle: (body) => linkTokenView(world, linkTokenOf(world, body.needText('link_token'))),
    },
    {
      path: '/item/public_token/exchange',
      fields: ['public_token'],
      handle(body) {
        const item = exchange(world, body.needText('public_token'))
        world.store.save()
        return { access_token: item.accessToken, item_id: item.itemId }
      },
    },
    {
      path: '/sandbox/public_token/create',
      fields: ['institution_id', 'initial_products', 'options', 'user_token', 'user_id'],
      handle(body) {
        body.need('institution_id', 'initial_products')
        const institution = institutionById(body.needText('institution_id'))
        if (!institution) throw invalidInput('INVALID_INSTITUTION', 'invalid institution_id provided')
        const products = body.choices('initial_products', productNames)
        if (products.length === 0) throw invalidField('initial_products must not be empty')
        const wrong = products.find((product) => !institution.products.includes(product))
        if (wrong !== undefined)
          throw invalidInput('INVALID_PRODUCT', `the following products are not supported by this institution: ${wrong}`)
        const options = body.object('options')
        const transactions = options.object('transactions')
        const daysRequested = transactions.integer('days_requested', 1, 730) ?? 90
        const webhook = options.address('webhook')
        const user = {
          username: options.text('override_username') ?? 'user_good',
          password: options.text('override_password', { max: 2_000_000 }) ?? 'pass_good',
        }
        const login = signInByApi(() => signIn(institution, user.username, user.password, dayOf(world.now())))
        const chosen = login.accounts.map((_, at) => at)
        const item = createItem(world, {
          institution,
          login,
          chosen,
          clientUserId: null,
          webhook,
          products,
          consentedProducts: [],
          daysRequested,
        })
        const publicToken = issuePublicToken(world, item)
        world.store.save()
        return { public_token: publicToken }
      },
    },
  ]
}

/** A custom user's configuration that cannot be read is a wrong field of the request. */
function signInByApi(run: () => Login): Login {
  try {
    return run()
  } catch (error) {
    if (error instanceof CustomUserError) throw invalidField(`options.override_password: ${error.message}`)
    throw error
  }
}
