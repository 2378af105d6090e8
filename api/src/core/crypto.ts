import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { and, eq, ne } from 'drizzle-orm'
import type { Db, Tx } from '../db/client.ts'
import { firmKeySamples } from '../db/global.ts'
import { firmKeysTable } from '../db/schema/firms.ts'

/** A key-encryption key from the configuration. */
export interface KeyEncryptionKey {
  id: string
  /** 32 bytes. */
  key: Buffer
}

/** Where a sealed value stands. Sealed bytes moved to another row, column or firm do not open. */
export interface Place {
  table: string
  column: string
  rowId: string
}

interface FirmScope {
  firmId: string
  deps: { keyring: Keyring; now: () => Date }
}

const version = 1
const nonceLength = 12
const tagLength = 16

/** Key-encryption keys, newest first, and the data keys unwrapped so far. */
export interface Keyring {
  current: KeyEncryptionKey
  byId: ReadonlyMap<string, KeyEncryptionKey>
  dataKeys: Map<string, Buffer>
}

const dataKeysMax = 10_000

/**
 * What is wrong with these keys together, in words that follow the name of the setting; null when nothing is. Of two keys of one
 * name one could open nothing, and who gives one key two names would believe that a rotation had taken place.
 */
export function keysProblem(keys: readonly KeyEncryptionKey[]): string | null {
  for (const [index, { id, key }] of keys.entries()) {
    if (key.length !== 32) return `must have 32 bytes in ${id}`
    const earlier = keys.slice(0, index)
    if (earlier.some((other) => other.id === id)) return `names two keys ${id}; a new key needs a new name`
    const same = earlier.find((other) => other.key.equals(key))
    if (same !== undefined) return `has the same key as ${same.id} and as ${id}; each name needs a key of its own`
  }
  return keys.length === 0 ? 'must have at least one key' : null
}

/** Builds the keyring; the first key wraps, all of them unwrap. */
export function createKeyring(keys: readonly KeyEncryptionKey[]): Keyring {
  const [current] = keys
  const problem = keysProblem(keys)
  if (current === undefined || problem !== null) throw new Error(`The key-encryption keys: ${problem}`)
  return { current, byId: new Map(keys.map((entry) => [entry.id, entry])), dataKeys: new Map() }
}

function encrypt(key: Buffer, aad: string, plain: Buffer): Buffer {
  const nonce = randomBytes(nonceLength)
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: tagLength })
  cipher.setAAD(Buffer.from(aad))
  const text = Buffer.concat([cipher.update(plain), cipher.final()])
  return Buffer.concat([Buffer.from([version]), nonce, cipher.getAuthTag(), text])
}

function decrypt(key: Buffer, aad: string, sealed: Buffer): Buffer {
  if (sealed[0] !== version || sealed.length < 1 + nonceLength + tagLength) throw new Error('Not a sealed value')
  const nonce = sealed.subarray(1, 1 + nonceLength)
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagLength })
  decipher.setAAD(Buffer.from(aad))
  decipher.setAuthTag(sealed.subarray(1 + nonceLength, 1 + nonceLength + tagLength))
  return Buffer.concat([decipher.update(sealed.subarray(1 + nonceLength + tagLength)), decipher.final()])
}

/** Decrypts, or says in words of ours what does not fit. What fails to open is not told apart from what was changed. */
function open(key: Buffer, aad: string, sealed: Buffer, problem: string): Buffer {
  try {
    return decrypt(key, aad, sealed)
  } catch (error) {
    throw new Error(problem, { cause: error })
  }
}

const wrapAad = (firmId: string, kekId: string): string => JSON.stringify(['firm_keys', firmId, kekId])
const sealAad = (firmId: string, { table, column, rowId }: Place): string => JSON.stringify(['sealed', firmId, table, column, rowId])

/** Makes a new firm's data key. Once, in the transaction that makes the firm. */
export async function createFirmKey(tx: Tx, ctx: FirmScope): Promise<void> {
  const { current } = ctx.deps.keyring
  const wrappedKey = encrypt(current.key, wrapAad(ctx.firmId, current.id), randomBytes(32))
  await tx.insert(firmKeysTable).values({ firmId: ctx.firmId, kekId: current.id, wrappedKey, wrappedAt: ctx.deps.now() })
}

async function dataKey(tx: Tx, { firmId, deps }: FirmScope): Promise<Buffer> {
  const known = deps.keyring.dataKeys.get(firmId)
  if (known !== undefined) return known
  const [row] = await tx.select().from(firmKeysTable).where(eq(firmKeysTable.firmId, firmId))
  if (row === undefined) throw new Error('The firm has no data key')
  const kek = deps.keyring.byId.get(row.kekId)
  if (kek === undefined) throw new Error(`The data key of a firm is wrapped by ${row.kekId}, which is not configured`)
  const key = open(kek.key, wrapAad(firmId, row.kekId), row.wrappedKey, `The data key of a firm does not open with ${row.kekId}`)
  if (deps.keyring.dataKeys.size >= dataKeysMax) deps.keyring.dataKeys.clear()
  deps.keyring.dataKeys.set(firmId, key)
  return key
}

/**
 * What is wrong with the keys for the data keys that are there, in words that follow the name of the setting; null when nothing is.
 * To be asked before anything is written: a key that has changed under its name, and wraps new data keys, can never be taken back.
 */
export async function keyringProblem(db: Db, { byId }: Keyring): Promise<string | null> {
  for (const { firmId, kekId, wrappedKey } of await firmKeySamples(db)) {
    const kek = byId.get(kekId)
    if (kek === undefined) return `lacks ${kekId}, by which data keys are still wrapped; add it again, after the current key`
    try {
      decrypt(kek.key, wrapAad(firmId, kekId), wrappedKey)
    } catch {
      // Node says nothing but that it does not fit
      return `has another key as ${kekId} than the one that wrapped the data keys; give it back, and a new key a new name`
    }
  }
  return null
}

/** Encrypts `text` for one place (AES-256-GCM under the firm's data key; the place is authenticated). */
export async function seal(tx: Tx, ctx: FirmScope, place: Place, text: string): Promise<Buffer> {
  return sealBytes(tx, ctx, place, Buffer.from(text, 'utf8'))
}

/** {@link seal} for what is no text. */
export async function sealBytes(tx: Tx, ctx: FirmScope, place: Place, plain: Buffer): Promise<Buffer> {
  return encrypt(await dataKey(tx, ctx), sealAad(ctx.firmId, place), plain)
}

/** Decrypts what was sealed for exactly this place; throws for anything else. */
export async function unseal(tx: Tx, ctx: FirmScope, place: Place, sealed: Buffer): Promise<string> {
  return (await unsealBytes(tx, ctx, place, sealed)).toString('utf8')
}

/** {@link unseal} for what is no text. */
export async function unsealBytes(tx: Tx, ctx: FirmScope, place: Place, sealed: Buffer): Promise<Buffer> {
  const problem = `What is sealed in ${place.table}.${place.column} of ${place.rowId} does not belong there`
  return open(await dataKey(tx, ctx), sealAad(ctx.firmId, place), sealed, problem)
}

/**
 * Wraps a firm's data key with the current key-encryption key when it is still wrapped by an older one.
 * Sealed values stay as they are. True when it was re-wrapped.
 */
export async function rewrapFirmKey(tx: Tx, ctx: FirmScope): Promise<boolean> {
  const { current } = ctx.deps.keyring
  const stale = and(eq(firmKeysTable.firmId, ctx.firmId), ne(firmKeysTable.kekId, current.id))
  const [row] = await tx.select({ kekId: firmKeysTable.kekId }).from(firmKeysTable).where(stale)
  if (row === undefined) return false
  const wrappedKey = encrypt(current.key, wrapAad(ctx.firmId, current.id), await dataKey(tx, ctx))
  const updated = await tx
    .update(firmKeysTable)
    .set({ kekId: current.id, wrappedKey, wrappedAt: ctx.deps.now() })
    .where(and(eq(firmKeysTable.firmId, ctx.firmId), eq(firmKeysTable.kekId, row.kekId)))
    .returning({ firmId: firmKeysTable.firmId })
  return updated.length === 1
}
