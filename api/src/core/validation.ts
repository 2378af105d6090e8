import { domainToASCII } from 'node:url'
import { Ajv, type ErrorObject } from 'ajv'
import addFormats from 'ajv-formats'
import type { FieldError } from '@ledgersync/shared/errors'
import { idPattern } from './cursor.ts'

const common = {
  allErrors: true,
  useDefaults: true,
  removeAdditional: false,
  strict: true,
  strictTypes: false,
  strictTuples: false,
  // A test looks at all schemas of the contract; to do so at each start takes longer than to compile what is asked first
  validateSchema: false,
  meta: false,
  // Tidying the code of a validator takes longer than all it saves
  code: { optimize: false },
} as const

/** Compiles schemas for values exactly as they were sent: no coercion, unknown members refused, never dropped. */
export const exactCompiler = (): Ajv => withFormats(new Ajv({ ...common, coerceTypes: false }))

/**
 * Compiles schemas for parameters and queries, which arrive as text. Ajv makes Infinity of `1e400`, and what it calls strict numbers
 * compares none but finite ones with their bounds.
 */
export const coercingCompiler = (): Ajv => withFormats(new Ajv({ ...common, coerceTypes: 'array', strictNumbers: false }))

function withFormats(ajv: Ajv): Ajv {
  // ajv-formats is CommonJS: under NodeNext its default export is the module, whose `default` is the plugin
  const plugin = addFormats as unknown as typeof addFormats.default
  plugin(ajv, ['date-time'])
  ajv.addFormat('date', isDay)
  // One spelling only: ids are compared as text, and PostgreSQL does not read the urn: form that RFC 9562 has
  ajv.addFormat('uuid', idPattern)
  ajv.addFormat('email', isEmail)
  return ajv
}

/** A day of the calendar from the year 1 on: PostgreSQL knows no year 0, which RFC 3339 has. */
function isDay(text: string): boolean {
  if (!/^(?!0000)\d{4}-\d\d-\d\d$/.test(text)) return false
  const at = new Date(`${text}T00:00:00Z`)
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(text)
}

/** A dot-atom before the @ (RFC 5322) and a host name of two labels or more after it, in any script. */
function isEmail(text: string): boolean {
  const match = /^[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*@([^@\s]+)$/.exec(text)
  if (match === null || text.indexOf('@') > 64) return false
  const host = domainToASCII((match[1] ?? '').replace(/\.$/, ''))
  return host.length <= 253 && /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$/i.test(host)
}

const fieldOf = (error: ErrorObject, context: string): string => {
  const path = error.instancePath
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
  // Ajv types params by keyword; these two name a member
  const params = error.params as { missingProperty?: string; additionalProperty?: string }
  const member = params.missingProperty ?? params.additionalProperty
  return [context, ...path, ...(member === undefined ? [] : [member])].join('.').slice(0, 200)
}

/** Ajv's findings as fields and sentences fit for a person; at most twenty, one per field. */
export function fieldErrors(errors: readonly ErrorObject[], context: string): FieldError[] {
  const byField = new Map<string, FieldError>()
  // Findings inside a union come with one for the union itself; the deepest says most.
  const telling = errors.filter((error) => !['anyOf', 'oneOf', 'if', 'not'].includes(error.keyword))
  for (const error of telling.length > 0 ? telling : errors) {
    const field = fieldOf(error, context)
    if (!byField.has(field)) byField.set(field, { field, message: sentence(error) })
    if (byField.size === 20) break
  }
  return [...byField.values()]
}

function sentence(error: ErrorObject): string {
  // Ajv's params depend on the keyword; only the ones read here are named
  const params = error.params as { limit?: number; allowedValues?: unknown[]; format?: string; type?: string | string[] }
  switch (error.keyword) {
    case 'required':
      return 'This is missing.'
    case 'additionalProperties':
      return 'There is no such field.'
    case 'minLength':
      return params.limit === 1 ? 'This must not be empty.' : `This needs at least ${params.limit} characters.`
    case 'maxLength':
      return `This may have at most ${params.limit} characters.`
    case 'minimum':
    case 'exclusiveMinimum':
      return `This must be at least ${params.limit}.`
    case 'maximum':
    case 'exclusiveMaximum':
      return `This must be at most ${params.limit}.`
    case 'minItems':
      return `This needs at least ${params.limit} entries.`
    case 'maxItems':
      return `This may have at most ${params.limit} entries.`
    case 'uniqueItems':
      return 'An entry stands here twice.'
    case 'minProperties':
      return 'At least one field must be sent.'
    case 'enum':
    case 'const':
      return `This must be one of: ${(params.allowedValues ?? []).map(String).join(', ')}.`
    case 'type':
      return `This must be ${Array.isArray(params.type) ? params.type.join(' or ') : `of type ${params.type ?? 'another'}`}.`
    case 'format':
      return formatSentence(params.format ?? '')
    case 'pattern':
      return 'This has characters that are not allowed here, or is blank.'
    default:
      return 'This is not a value we can take.'
  }
}

function formatSentence(format: string): string {
  switch (format) {
    case 'email':
      return 'This is not an e-mail address.'
    case 'uuid':
      return 'This is not an id.'
    case 'date':
      return 'This is not a date (YYYY-MM-DD).'
    default:
      return 'This does not have the right form.'
  }
}
