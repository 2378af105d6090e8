import { invalidField, PlaidFault } from './errors.ts'

/**
 * Reads the members of a request body and refuses what Plaid refuses, in its words: MISSING_FIELDS, UNKNOWN_FIELDS,
 * INVALID_FIELD. Null counts as absent throughout.
 */
export class Fields {
  readonly #values: Record<string, unknown>
  readonly #path: string

  constructor(values: Record<string, unknown>, path = '') {
    this.#values = values
    this.#path = path
  }

  /** Refuses members that the endpoint does not know. */
  only(names: readonly string[]): void {
    const unknown = Object.keys(this.#values).filter((name) => !names.includes(name))
    if (unknown.length === 0) return
    const list = unknown.map((name) => this.#name(name)).join(', ')
    throw new PlaidFault('INVALID_REQUEST', 'UNKNOWN_FIELDS', `the following fields are not recognized by this endpoint: ${list}`)
  }

  /** Refuses a body that lacks one of these. */
  need(...names: string[]): void {
    const missing = names.filter((name) => !this.has(name))
    if (missing.length === 0) return
    const list = missing.map((name) => this.#name(name)).join(', ')
    throw new PlaidFault('INVALID_REQUEST', 'MISSING_FIELDS', `the following required fields are missing: ${list}`)
  }

  has(name: string): boolean {
    return this.#values[name] != null
  }

  text(name: string, { max = 10_000, min = 1 } = {}): string | null {
    const value = this.#values[name] ?? null
    if (value === null) return null
    if (typeof value !== 'string') throw invalidField(`${this.#name(name)} must be a string`)
    if (value.length < min) throw invalidField(`${this.#name(name)} must be a non-empty string`)
    if (value.length > max) throw invalidField(`${this.#name(name)} must be at most ${max} characters long`)
    return value
  }

  needText(name: string, limits: { max?: number; min?: number } = {}): string {
    this.need(name)
    return this.text(name, limits) ?? ''
  }

  integer(name: string, min: number, max: number): number | null {
    const value = this.#values[name] ?? null
    if (value === null) return null
    if (typeof value !== 'number' || !Number.isInteger(value)) throw invalidField(`${this.#name(name)} must be an integer`)
    if (value < min || value > max) throw invalidField(`${this.#name(name)} must be between ${min} and ${max}`)
    return value
  }

  number(name: string): number | null {
    const value = this.#values[name] ?? null
    if (value === null) return null
    if (typeof value !== 'number') throw invalidField(`${this.#name(name)} must be a number`)
    return value
  }

  flag(name: string): boolean {
    const value = this.#values[name] ?? false
    if (typeof value !== 'boolean') throw invalidField(`${this.#name(name)} must be a boolean`)
    return value
  }

  choice<T extends string>(name: string, choices: readonly T[]): T | null {
    const value = this.text(name)
    if (value === null) return null
    const found = choices.find((choice) => choice === value)
    if (found === undefined) throw invalidField(`${this.#name(name)} must be one of: ${choices.join(', ')}`)
    return found
  }

  /** A list of known words; absent is empty. */
  choices(name: string, choices: readonly string[]): string[] {
    const values = this.texts(name)
    const wrong = values.find((value) => !choices.includes(value))
    if (wrong !== undefined) throw invalidField(`${this.#name(name)}: "${wrong.slice(0, 100)}" is not one of: ${choices.join(', ')}`)
    return values
  }

  texts(name: string): string[] {
    return this.list(name).map((value) => {
      if (typeof value !== 'string' || value === '') throw invalidField(`${this.#name(name)} must be an array of non-empty strings`)
      return value
    })
  }

  list(name: string): unknown[] {
    const value = this.#values[name] ?? []
    if (!Array.isArray(value)) throw invalidField(`${this.#name(name)} must be an array`)
    return value
  }

  /** The object at this member, empty when absent. */
  object(name: string): Fields {
    return new Fields(asObject(this.#values[name] ?? {}, this.#name(name)), this.#name(name))
  }

  objects(name: string): Fields[] {
    return this.list(name).map((value, at) => new Fields(asObject(value, `${this.#name(name)}[${at}]`), `${this.#name(name)}[${at}]`))
  }

  names(): string[] {
    return Object.keys(this.#values).filter((name) => this.has(name))
  }

  /** An http(s) address. */
  address(name: string, { httpsOrLocal = true } = {}): string | null {
    const value = this.text(name, { max: 4000 })
    if (value === null) return null
    const url = URL.canParse(value) ? new URL(value) : null
    const local = url !== null && ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname)
    if (url === null || !(url.protocol === 'https:' || (url.protocol === 'http:' && (local || !httpsOrLocal)))) {
      throw invalidField(`${this.#name(name)} must be a valid HTTPS URL`)
    }
    return value
  }

  #name(name: string): string {
    return this.#path === '' ? name : `${this.#path}.${name}`
  }
}

function asObject(value: unknown, where: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalidField(`${where} must be an object`)
  // A non-null object that is no array has string keys
  return value as Record<string, unknown>
}
