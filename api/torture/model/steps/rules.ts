import fc from 'fast-check'
import { type RuleInput, rules } from '@ledgersync/shared/rules'
import { recodeAll } from '../coding.ts'
import { clientOf, must, type Real, rowsOf } from '../real.ts'
import { at, categoryCount, type Client, living, type Model, type Rule, vocabulary } from '../state.ts'
import type { Step } from '../step.ts'

const rulesMax = 5
const some = fc.nat(50)

type Written = Pick<Rule, 'word' | 'direction' | 'category' | 'active'> & { says: boolean }

const written: fc.Arbitrary<Written> = fc
  .record({
    word: fc.constantFrom(...vocabulary),
    direction: fc.constantFrom<Rule['direction']>('both', 'both', 'in', 'out'),
    category: fc.option(fc.nat(categoryCount - 1), { freq: 4 }),
    says: fc.boolean(),
    active: fc.constantFrom(true, true, true, false),
  })
  // A rule sets something
  .filter(({ category, says }) => category !== null || says)

const memoOf = (key: number, { says }: Written): string | null => (says ? `memo of rule ${key}` : null)

function bodyOf(real: Real, key: number, rule: Written): RuleInput {
  const { word, direction, category, active } = rule
  return {
    name: `Rule ${key}`,
    active,
    direction,
    match: 'all',
    conditions: [{ field: 'description', operator: 'contains', value: word.toLowerCase() }],
    actions: { categoryId: category === null ? null : (real.categories[category] ?? null), memo: memoOf(key, rule) },
  }
}

/** Ids of the client's rules in the order they run. */
const idsOf = async (real: Real, client: Client): Promise<string[]> =>
  (
    await rowsOf<{ id: string }>(real, 'select id from rules where client_id = $1 and deleted_at is null order by priority', [
      clientOf(real, client.index).id,
    ])
  ).map(({ id }) => id)

const withRules = (model: Model): Client[] => living(model).filter((client) => client.rules.length > 0)

export const makeRule: Step<{ client: number; rule: Written }> = {
  name: 'make a rule',
  weight: 3,
  params: fc.record({ client: some, rule: written }),
  can: (model) => living(model).some((client) => client.rules.length < rulesMax),
  async act(model, real, { client: pick, rule }) {
    const client = at(
      living(model).filter((each) => each.rules.length < rulesMax),
      pick,
    )
    if (client === undefined) return
    model.ruleCount += 1
    const key = model.ruleCount
    const params = { clientId: clientOf(real, client.index).id }
    const { status } = await real.product.call(rules.create, { params, body: bodyOf(real, key, rule) }, real.dana)
    must('making a rule', status, 201)
    client.rules.push({ ...rule, memo: memoOf(key, rule), key, version: 1 })
    recodeAll(client)
  },
}

export const changeRule: Step<{ client: number; which: number; rule: Written }> = {
  name: 'change a rule',
  weight: 2,
  params: fc.record({ client: some, which: some, rule: written }),
  can: (model) => withRules(model).length > 0,
  async act(model, real, { client: pick, which, rule }) {
    const client = at(withRules(model), pick)
    const known = client === undefined ? undefined : at(client.rules, which)
    if (client === undefined || known === undefined) return
    const ids = await idsOf(real, client)
    const params = { clientId: clientOf(real, client.index).id, ruleId: ids[client.rules.indexOf(known)] ?? '' }
    const body = { ...bodyOf(real, known.key, rule), version: known.version }
    must('changing a rule', (await real.product.call(rules.update, { params, body }, real.dana)).status, 200)
    must('changing it from an old version', (await real.product.call(rules.update, { params, body }, real.dana)).status, 409)
    Object.assign(known, rule, { memo: memoOf(known.key, rule), version: known.version + 1 })
    recodeAll(client)
  },
}

export const deleteRule: Step<{ client: number; which: number }> = {
  name: 'delete a rule',
  weight: 1,
  params: fc.record({ client: some, which: some }),
  can: (model) => withRules(model).length > 0,
  async act(model, real, { client: pick, which }) {
    const client = at(withRules(model), pick)
    const known = client === undefined ? undefined : at(client.rules, which)
    if (client === undefined || known === undefined) return
    const ids = await idsOf(real, client)
    const params = { clientId: clientOf(real, client.index).id, ruleId: ids[client.rules.indexOf(known)] ?? '' }
    must('deleting a rule', (await real.product.call(rules.remove, { params }, real.dana)).status, 204)
    client.rules.splice(client.rules.indexOf(known), 1)
    recodeAll(client)
  },
}

export const moveRule: Step<{ client: number; which: number; to: number }> = {
  name: 'move a rule',
  weight: 1,
  params: fc.record({ client: some, which: some, to: fc.integer({ min: 1, max: rulesMax + 1 }) }),
  can: (model) => withRules(model).length > 0,
  async act(model, real, { client: pick, which, to }) {
    const client = at(withRules(model), pick)
    const known = client === undefined ? undefined : at(client.rules, which)
    if (client === undefined || known === undefined) return
    const ids = await idsOf(real, client)
    const params = { clientId: clientOf(real, client.index).id, ruleId: ids[client.rules.indexOf(known)] ?? '' }
    must('moving a rule', (await real.product.call(rules.move, { params, body: { priority: to } }, real.dana)).status, 200)
    client.rules.splice(client.rules.indexOf(known), 1)
    client.rules.splice(to - 1, 0, known)
    recodeAll(client)
  },
}
