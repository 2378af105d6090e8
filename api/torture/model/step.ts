import fc from 'fast-check'
import { drain, type Real } from './real.ts'
import { settle } from './settle.ts'
import type { Model } from './state.ts'

/** Something people, banks or bookkeepers do. */
export interface Step<P> {
  name: string
  /** How often it comes, beside the others. */
  weight: number
  params: fc.Arbitrary<P>
  /** Whether it can be done now. */
  can(model: Model, params: P): boolean
  /** Does it to the product and to the model, and throws when the product answers otherwise than the model says. */
  act(model: Model, real: Real, params: P): Promise<void>
  /** Jobs run before and after it: without that, what comes of it depends on which job is first. */
  alone?: true
}

export type Command = fc.AsyncCommand<Model, Real>

async function play<P>(step: Step<P>, params: P, { model, real, drains }: { model: Model; real: Real; drains: boolean }): Promise<void> {
  if (step.alone === true) await rest(model, real)
  await step.act(model, real, params)
  real.counts.set(step.name, (real.counts.get(step.name) ?? 0) + 1)
  if (step.alone === true || drains) await rest(model, real)
}

/** Lets everything that is under way come to its end, in both worlds. */
export async function rest(model: Model, real: Real): Promise<void> {
  await drain(real)
  settle(model)
}

/** One step with its parameters. Jobs run after it more often than not. */
export function commandOf<P>(step: Step<P>, params: P, drains: boolean): Command {
  return {
    check: (model) => step.can(model, params),
    run: (model, real) => play(step, params, { model, real, drains }),
    toString: () => `${step.name}(${JSON.stringify(params)})${drains ? '' : ' and on'}`,
  }
}

/** Arbitrary commands of a step, as many times as its weight. */
export function commandsOf<P>(step: Step<P>): fc.Arbitrary<Command>[] {
  const drains = fc.oneof({ arbitrary: fc.constant(true), weight: 2 }, { arbitrary: fc.constant(false), weight: 1 })
  const one = fc.tuple(step.params, drains).map(([params, drained]) => commandOf(step, params, drained))
  return Array.from({ length: step.weight }, () => one)
}
