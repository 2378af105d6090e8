import fc, { type Arbitrary } from 'fast-check'
import { spoils, type Spoil } from './spoil.ts'
import type { Target } from './target.ts'
import { type Node, valid } from './values.ts'

/** Who sends a request. `expired` and `forged` carry a cookie that was once, or never, ours. */
export const roles = ['administrator', 'employee', 'unverified', 'operator', 'newcomer', 'nobody', 'expired', 'forged'] as const
export type Role = (typeof roles)[number]

/** A request before its ids and cookies are chosen. Everything in it follows from the seed. */
export interface Plan {
  target: Target
  role: Role
  /** Which client the request is about; ids of its rows go together. */
  focus: number
  /** Every id is one of that client's, so that the request gets as far as it can. */
  honest: boolean
  params: Record<string, Node>
  query: [string, Node][]
  body: Node | undefined
  signature: 'valid' | 'wrong' | 'none'
  spoils: Spoil[]
  /** How many times it is sent: once, again after its answer, two at once, five at once. */
  times: 'once' | 'twice' | 'pair' | 'crowd'
}

const role: Arbitrary<Role> = fc.oneof(
  ...([54, 20, 8, 2, 3, 6, 3, 4] as const).map((weight, index) => ({ weight, arbitrary: fc.constant(roles[index] ?? 'nobody') })),
)

/** Any request for any of the targets. */
export function plans(targets: Target[]): Arbitrary<Plan> {
  return fc.oneof(...targets.map((target) => ({ weight: target.weight, arbitrary: planFor(target) })))
}

function planFor(target: Target): Arbitrary<Plan> {
  const query = target.query.map(({ name, schema, required }): Arbitrary<[string, Node] | null> => {
    const member = valid(schema, name).map((value): [string, Node] => [name, value])
    return required ? member : fc.option(member, { freq: 1 })
  })
  return fc.record({
    target: fc.constant(target),
    role: target.forOperators ? fc.oneof({ weight: 2, arbitrary: fc.constant('operator' as const) }, { weight: 1, arbitrary: role }) : role,
    focus: fc.nat(100),
    honest: fc.oneof({ weight: 3, arbitrary: fc.constant(true) }, { weight: 2, arbitrary: fc.constant(false) }),
    params: fc.record(Object.fromEntries(Object.entries(target.params).map(([name, schema]) => [name, valid(schema, name)]))),
    query: fc.tuple(...query).map((members) => members.filter((member) => member !== null)),
    body: target.body === null ? fc.constant(undefined) : valid(target.body, ''),
    signature:
      target.signedBy === null
        ? fc.constant('none' as const)
        : fc.constantFrom('valid' as const, 'valid' as const, 'wrong' as const, 'none' as const),
    spoils: target.bytes === null ? spoils : fc.constant([]),
    times: fc.oneof(
      { weight: 170, arbitrary: fc.constant('once' as const) },
      { weight: 10, arbitrary: fc.constant('twice' as const) },
      { weight: 20, arbitrary: fc.constant('pair' as const) },
      { weight: 4, arbitrary: fc.constant('crowd' as const) },
    ),
  })
}
