import type { AnySchema, ValidateFunction } from 'ajv'
import { coercingCompiler, exactCompiler } from '../core/validation.ts'
import type { App } from './app-type.ts'

/**
 * Two compilers: bodies exactly as they were sent (no coercion, unknown members refused, never dropped),
 * parameters and queries coerced from text. Fastify's default would drop unknown members and turn null into "".
 */
export function registerValidation(app: App): void {
  const [exact, coercing] = [exactCompiler(), coercingCompiler()]
  app.setValidatorCompiler<AnySchema>(({ schema, httpPart }) => whenCalled(() => (httpPart === 'body' ? exact : coercing).compile(schema)))
}

/** A validator that is compiled when it is first called: all of them together take longer than the rest of a start. */
function whenCalled(compile: () => ValidateFunction): ((data: unknown) => boolean) & Pick<ValidateFunction, 'errors'> {
  let validate: ValidateFunction | undefined
  const lazy: ReturnType<typeof whenCalled> = (data) => {
    validate ??= compile()
    const valid = validate(data)
    lazy.errors = validate.errors ?? null
    return valid
  }
  return lazy
}
