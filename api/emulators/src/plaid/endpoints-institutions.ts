import type { Endpoint } from './api.ts'
import { invalidField, invalidInput } from './errors.ts'
import type { Fields } from './fields.ts'
import { allInstitutions, institutionById, searchInstitutions, type Institution } from './institutions.ts'
import { countryCodes, productNames } from './products.ts'
import { institutionView } from './views.ts'
import type { World } from './world.ts'

const searchMax = 10

function view(options: Fields): (institution: Institution) => object {
  const shown = {
    metadata: options.flag('include_optional_metadata'),
    status: options.flag('include_status'),
    authMetadata: options.flag('include_auth_metadata'),
  }
  return (institution) => institutionView(institution, shown)
}

function countriesOf(body: Fields): string[] {
  body.need('country_codes')
  const codes = body.choices('country_codes', countryCodes)
  if (codes.length === 0) throw invalidField('country_codes must not be empty')
  return codes
}

function fits(countries: string[], products: string[], oauth: boolean | null): (institution: Institution) => boolean {
  return (institution) =>
    countries.some((code) => institution.countryCodes.includes(code)) &&
    products.every((product) => institution.products.includes(product)) &&
    (oauth === null || institution.oauth === oauth)
}

/** Looking up banks, and the key webhooks are verified with. */
export function institutionEndpoints(world: World): Endpoint[] {
  return [
    {
      path: '/institutions/search',
      fields: ['query', 'products', 'country_codes', 'options'],
      handle(body) {
        const query = body.needText('query')
        const options = body.object('options')
        const wanted = fits(countriesOf(body), body.choices('products', productNames), options.has('oauth') ? options.flag('oauth') : null)
        return { institutions: searchInstitutions(query).filter(wanted).slice(0, searchMax).map(view(options)) }
      },
    },
    {
      path: '/institutions/get',
      fields: ['count', 'offset', 'country_codes', 'options'],
      handle(body) {
        body.need('count', 'offset')
        const count = body.integer('count', 1, 500) ?? 1
        const offset = body.integer('offset', 0, 1_000_000) ?? 0
        const options = body.object('options')
        const routing = options.texts('routing_numbers')
        const wanted = fits(
          countriesOf(body),
          options.choices('products', productNames),
          options.has('oauth') ? options.flag('oauth') : null,
        )
        const found = allInstitutions()
          .filter(wanted)
          .filter((bank) => routing.length === 0 || routing.some((number) => bank.routingNumbers.includes(number)))
        return { institutions: found.slice(offset, offset + count).map(view(options)), total: found.length }
      },
    },
    {
      path: '/institutions/get_by_id',
      fields: ['institution_id', 'country_codes', 'options'],
      handle(body) {
        const id = body.needText('institution_id')
        const countries = countriesOf(body)
        const institution = institutionById(id)
        if (!institution || !fits(countries, [], null)(institution))
          throw invalidInput('INVALID_INSTITUTION', 'invalid institution_id provided')
        return { institution: view(body.object('options'))(institution) }
      },
    },
    {
      path: '/webhook_verification_key/get',
      fields: ['key_id'],
      handle(body) {
        const { kid, createdAt, jwk } = world.store.data.signingKey
        if (body.needText('key_id') !== kid)
          throw invalidInput(
            'INVALID_WEBHOOK_VERIFICATION_KEY_ID',
            'invalid key_id provided. note that key_ids are specific to Plaid environments',
          )
        return {
          key: { alg: 'ES256', created_at: createdAt, crv: 'P-256', expired_at: null, kid, kty: 'EC', use: 'sig', x: jwk.x, y: jwk.y },
        }
      },
    },
  ]
}
