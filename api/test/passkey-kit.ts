import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import { type PasskeyAdd, type PasskeyCreation, type PasskeyRequest, passkeys, type PasskeySignIn } from '@ledgersync/shared/passkeys'
import type { Person } from './factories.ts'
import type { TestApp } from './harness.ts'

/*
 * An authenticator and its browser, in so far as WebAuthn has them answer: a key of P-256 for each passkey, no proof of the maker,
 * and both do what they are told, also what no real one would.
 */

/** What an authenticator keeps of a passkey. */
export interface Kept {
  id: string
  rpId: string
  userHandle: string
  privateKey: KeyObject
  counter: number
}

/** What is done otherwise than it should be. */
export interface Twist {
  origin?: string
  rpId?: string
  id?: string
  challenge?: string
  type?: string
  /** Whether the person has shown finger, face or PIN. */
  verified?: boolean
  counter?: number
  userHandle?: string
  privateKey?: KeyObject
  /** A proof of the maker: its format, and its statement as CBOR. */
  proof?: { format: string; statement: Buffer }
  /** Proved by the new key itself, as some authenticators do whatever they are asked. */
  proved?: boolean
}

const base64url = (bytes: Buffer): string => bytes.toString('base64url')
const sha256 = (bytes: Buffer | string): Buffer => createHash('sha256').update(bytes).digest()

/** The head of a CBOR item: its major type and a length or value. */
function head(major: number, value: number): Buffer {
  if (value < 24) return Buffer.from([(major << 5) | value])
  if (value < 256) return Buffer.from([(major << 5) | 24, value])
  return Buffer.from([(major << 5) | 25, value >> 8, value & 255])
}
const number = (value: number): Buffer => (value < 0 ? head(1, -1 - value) : head(0, value))
const text = (value: string): Buffer => Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)])
const bytes = (value: Buffer): Buffer => Buffer.concat([head(2, value.length), value])
/** A CBOR map. */
export const map = (...entries: [Buffer, Buffer][]): Buffer => Buffer.concat([head(5, entries.length), ...entries.flat()])
/** A CBOR list of byte strings under a text: the certificates of a proof. */
export const withCertificates = (...certificates: Buffer[]): Buffer =>
  map(
    [text('alg'), number(-7)],
    [text('sig'), bytes(randomBytes(70))],
    [text('x5c'), Buffer.concat([head(4, certificates.length), ...certificates.map(bytes)])],
  )

/** A public key as COSE has it (RFC 9053): EC2, ES256, P-256, x, y. */
function coseKey(key: KeyObject): Buffer {
  const { x = '', y = '' } = key.export({ format: 'jwk' })
  const part = (value: string) => bytes(Buffer.from(value, 'base64url'))
  return map([number(1), number(2)], [number(3), number(-7)], [number(-1), number(1)], [number(-2), part(x)], [number(-3), part(y)])
}

const clientData = (type: string, challenge: string, origin: string): string =>
  base64url(Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin: false })))

/** Present and, unless told otherwise, verified; `more` says that a new key follows. */
function authenticatorData(rpId: string, { verified = true, counter = 0 }: Twist, more = Buffer.alloc(0)): Buffer {
  const flags = 1 | (verified ? 4 : 0) | (more.length > 0 ? 64 : 0)
  const count = Buffer.alloc(4)
  count.writeUInt32BE(counter)
  return Buffer.concat([sha256(rpId), Buffer.from([flags]), count, more])
}

/** Makes a passkey as `navigator.credentials.create` does. */
export function makePasskey(options: PasskeyCreation, origin: string, twist: Twist = {}): { kept: Kept; made: Omit<PasskeyAdd, 'name'> } {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const id = twist.id === undefined ? randomBytes(32) : Buffer.from(twist.id, 'base64url')
  const rpId = twist.rpId ?? options.rp.id
  const credential = Buffer.concat([Buffer.alloc(16), Buffer.from([0, id.length]), id, coseKey(publicKey)])
  const data = authenticatorData(rpId, twist, credential)
  const clientDataJSON = clientData(twist.type ?? 'webauthn.create', twist.challenge ?? options.challenge, twist.origin ?? origin)
  const own = () => sign('sha256', Buffer.concat([data, sha256(Buffer.from(clientDataJSON, 'base64url'))]), privateKey)
  const none = { format: 'none', statement: map() }
  const byItself = () => ({ format: 'packed', statement: map([text('alg'), number(-7)], [text('sig'), bytes(own())]) })
  const { format, statement } = twist.proof ?? (twist.proved === true ? byItself() : none)
  const attestation = map([text('fmt'), text(format)], [text('attStmt'), statement], [text('authData'), bytes(data)])
  return {
    kept: { id: base64url(id), rpId, userHandle: options.user.id, privateKey, counter: twist.counter ?? 0 },
    made: { id: base64url(id), clientDataJSON, attestationObject: base64url(attestation) },
  }
}

/** Signs in with a passkey as `navigator.credentials.get` does. */
function answerWith(kept: Kept, options: PasskeyRequest, origin: string, twist: Twist = {}): PasskeySignIn {
  const data = authenticatorData(twist.rpId ?? kept.rpId, { counter: kept.counter, ...twist })
  const said = clientData(twist.type ?? 'webauthn.get', twist.challenge ?? options.challenge, twist.origin ?? origin)
  const signature = sign('sha256', Buffer.concat([data, sha256(Buffer.from(said, 'base64url'))]), twist.privateKey ?? kept.privateKey)
  return {
    id: kept.id,
    clientDataJSON: said,
    authenticatorData: base64url(data),
    signature: base64url(signature),
    userHandle: twist.userHandle ?? kept.userHandle,
  }
}

/** Adds a passkey for somebody, through the front door. */
export async function addPasskey(product: TestApp, person: Person, name = 'Chrome on Windows', twist: Twist = {}) {
  const { body: options } = await product.call(passkeys.begin, {}, person)
  const { kept, made } = makePasskey(options, product.config.publicUrl, twist)
  const { status, body } = await product.call(passkeys.add, { body: { ...made, name } }, person)
  if (status !== 201) throw new Error(`No passkey was added: ${JSON.stringify(body)}`)
  return { kept, id: body.id }
}

/** What a browser gets to ask for a passkey with, and answers. */
export async function answerTo(product: TestApp, kept: Kept, twist: Twist = {}): Promise<PasskeySignIn> {
  const { body: options } = await product.call(passkeys.beginSignIn, {})
  return answerWith(kept, options, product.config.publicUrl, twist)
}
