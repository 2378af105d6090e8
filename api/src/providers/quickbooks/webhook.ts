import { createHmac } from 'node:crypto'
import { sameBytes } from '../../core/ids.ts'

/** A change notice in our words: the companies whose lists (accounts, vendors) or settings changed. */
export interface IntuitEvent {
  realmIds: string[]
}

/** Entities whose change makes our copy of the lists old. */
const listed = new Set(['account', 'vendor', 'preferences', 'companyinfo'])

/** Whether Intuit signed these bytes: base64 of HMAC-SHA256 under the verifier token, in the header `intuit-signature`. */
export function verifySignature(verifierToken: string, rawBody: Buffer, signature: string | undefined): boolean {
  if (signature === undefined) return false
  return sameBytes(createHmac('sha256', verifierToken).update(rawBody).digest(), Buffer.from(signature, 'base64'))
}

const asObject = (value: unknown): Record<string, unknown> =>
  // Every member is checked where it is read
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
const asList = (value: unknown): unknown[] => (Array.isArray(value) ? value : [])

/**
 * Reads a verified notice of either form: an array of CloudEvents (`qbo.account.created.v1`), or the older `eventNotifications`.
 * One notice may speak of several companies. What is neither says nothing.
 */
export function readIntuitWebhook(rawBody: Buffer): IntuitEvent {
  const body = parse(rawBody)
  const changes = Array.isArray(body) ? body.map(fromCloudEvent) : asList(asObject(body)['eventNotifications']).flatMap(fromNotification)
  const realms = changes.filter(({ entity }) => listed.has(entity.toLowerCase())).map(({ realmId }) => realmId)
  return { realmIds: [...new Set(realms)].filter((realmId) => realmId !== '') }
}

interface Change {
  realmId: string
  entity: string
}

const words = (value: unknown): string => (typeof value === 'string' ? value : '')

function fromCloudEvent(value: unknown): Change {
  const event = asObject(value)
  const [, entity = ''] = words(event['type']).split('.')
  return { realmId: words(event['intuitaccountid']), entity }
}

function fromNotification(value: unknown): Change[] {
  const notification = asObject(value)
  const entities = asList(asObject(notification['dataChangeEvent'])['entities'])
  return entities.map((entity) => ({ realmId: words(notification['realmId']), entity: words(asObject(entity)['name']) }))
}

function parse(rawBody: Buffer): unknown {
  try {
    return JSON.parse(rawBody.toString('utf8'))
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}
