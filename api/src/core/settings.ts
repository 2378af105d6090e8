import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { BlockList, isIP } from 'node:net'
import { join } from 'node:path'

/** A setting that is missing or wrong. The message names the variable and never shows a secret's value. */
export class ConfigError extends Error {
  constructor(name: string, problem: string) {
    super(`${name} ${problem}`)
    this.name = 'ConfigError'
  }
}

/** The environment. */
export type Env = Readonly<Record<string, string | undefined>>

/** Marks of values that ship with the demo or documentation; none may run in production. */
const demoMarks = /demo|emulator|example|change-?me|placeholder|(?:01){8,}|0{10,}|A{20,}/i
/** SHA-256 of the public key whose private half ships with the demo. */
const demoKeyDigest = '9b4d7c342d631db541ab8bef09a5dc81d1d317903bc8a62e553cf89f7c40ea1a'

/** Also in IPv6's way of writing IPv4, which the list sees through. */
const thisMachine = new BlockList()
thisMachine.addSubnet('127.0.0.0', 8)
thisMachine.addSubnet('0.0.0.0', 8)
thisMachine.addAddress('::1', 'ipv6')
thisMachine.addAddress('::', 'ipv6')

/** Whether a URL's host is this machine. URLs write an address in one way, however it was written. */
function isThisMachine(hostname: string): boolean {
  const host = hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '')
  const family = isIP(host)
  if (family === 0) return host === 'localhost' || host.endsWith('.localhost')
  return thisMachine.check(host, family === 4 ? 'ipv4' : 'ipv6')
}

/** How one setting after the other is read. Empty is unset. */
export function reader(env: Env) {
  const optional = (name: string): string | undefined => (env[name]?.trim() === '' ? undefined : env[name]?.trim())
  const text = (name: string, fallback?: string): string => {
    const value = optional(name) ?? fallback
    if (value === undefined) throw new ConfigError(name, 'is not set')
    return value
  }
  const url = (name: string, value: string): URL => {
    if (!URL.canParse(value)) throw new ConfigError(name, 'is not a URL')
    return new URL(value)
  }
  const integer = (name: string, fallback: number, min: number, max: number): number => {
    const value = Number(optional(name) ?? fallback)
    if (!Number.isInteger(value) || value < min || value > max) throw new ConfigError(name, `must be a whole number from ${min} to ${max}`)
    return value
  }
  return {
    text,
    integer,
    port: (name: string, fallback: number): number => integer(name, fallback, 0, 65_535),
    /** A value that must look right, for it is only used when it is too late to say so. */
    shaped(name: string, shape: RegExp, description: string): string {
      const value = text(name)
      if (!shape.test(value)) throw new ConfigError(name, `must be ${description}`)
      return value
    },
    /** A folder that has this file. The fallback need not have it when `isOptional`. */
    folder(name: string, fallback: string, { file, isOptional }: { file: string; isOptional: boolean }): string {
      const given = optional(name)
      const value = given ?? fallback
      if ((given !== undefined || !isOptional) && !existsSync(join(value, file))) throw new ConfigError(name, `has no ${file} in it`)
      return value
    },
    oneOf<const T extends string>(name: string, values: readonly T[], fallback: T): T {
      const value = text(name, fallback)
      const found = values.find((candidate) => candidate === value)
      if (found === undefined) throw new ConfigError(name, `must be one of ${values.join(', ')}`)
      return found
    },
    secret(name: string, production: boolean): string {
      const value = text(name)
      const known = demoMarks.test(value) || createHash('sha256').update(value).digest('hex') === demoKeyDigest
      if (production && known) throw new ConfigError(name, 'has a value known from the demo; production needs its own')
      return value
    },
    /** The public address; http only on this machine. */
    origin(name: string, production: boolean): string {
      const value = url(name, text(name))
      if (value.username !== '' || value.password !== '') throw new ConfigError(name, 'must be an origin without a name and a password')
      if (value.pathname !== '/' || value.search !== '' || value.hash !== '')
        throw new ConfigError(name, 'must be an origin without a path')
      const local = isThisMachine(value.hostname)
      if (value.protocol !== 'https:' && !local) throw new ConfigError(name, 'must begin with https:// (http only on this machine)')
      if (production && value.protocol !== 'https:') throw new ConfigError(name, 'must begin with https:// in production')
      return value.origin
    },
    provider(name: string, real: string, production: boolean): string {
      const value = url(name, text(name, real))
      if (production && (value.protocol !== 'https:' || isThisMachine(value.hostname))) {
        throw new ConfigError(name, 'points at an emulator; leave it unset in production')
      }
      return value.href.replace(/\/$/, '')
    },
    postgres: (name: string): string => postgresAddress(name, text(name)),
  }
}

/** The address, checked without showing any of it: it has a password. */
function postgresAddress(name: string, value: string): string {
  const special = 'what is special in the password is written with %, as / is %2F'
  if (!URL.canParse(value)) throw new ConfigError(name, `is not a URL; ${special}`)
  const { protocol, username, password, pathname } = new URL(value)
  if (!/^postgres(ql)?:$/.test(protocol)) throw new ConfigError(name, 'must begin with postgres://')
  if (username === '') throw new ConfigError(name, `must name a role, as in postgres://role:password@host/database; ${special}`)
  if (![username, password, pathname].every(isEncoded)) throw new ConfigError(name, `has a % that stands for nothing; ${special}`)
  return value
}

function isEncoded(part: string): boolean {
  try {
    decodeURIComponent(part)
    return true
  } catch {
    // Its only complaint is that it is not
    return false
  }
}
