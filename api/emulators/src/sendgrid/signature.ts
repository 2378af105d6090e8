import { createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto'

const readKey = (pkcs8Base64: string) => createPrivateKey({ key: Buffer.from(pkcs8Base64, 'base64'), format: 'der', type: 'pkcs8' })

/** A new P-256 key as PKCS8, DER, base64. */
export function newPrivateKey(): string {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64')
}

/** The public half as SPKI, DER, base64: the form SendGrid's settings page shows. */
export function publicKeyOf(pkcs8Base64: string): string {
  return createPublicKey(readKey(pkcs8Base64)).export({ format: 'der', type: 'spki' }).toString('base64')
}

/** Base64 of the DER-encoded ECDSA signature over SHA-256 of timestamp and raw body (sendgrid.com, Event Webhook security features). */
export function signEvents(pkcs8Base64: string, timestamp: string, body: string): string {
  return sign('sha256', Buffer.from(timestamp + body, 'utf8'), readKey(pkcs8Base64)).toString('base64')
}

/** A batch as SendGrid writes it: a JSON array with a line break between elements and one after it. */
export const eventBody = (events: readonly string[]) => `[${events.join(',\r\n')}]\r\n`
