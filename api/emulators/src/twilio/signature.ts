import { createHmac } from 'node:crypto'

/**
 * X-Twilio-Signature of a form-encoded webhook: base64 HMAC-SHA1, keyed with the auth token, over the full URL followed by every
 * parameter's name and value, sorted by name (twilio.com/docs/usage/webhooks/webhooks-security).
 */
export function signWebhook(authToken: string, url: string, params: Record<string, string>): string {
  const text = Object.keys(params)
    .sort()
    .reduce((joined, name) => joined + name + (params[name] ?? ''), url)
  return createHmac('sha1', authToken).update(Buffer.from(text, 'utf8')).digest('base64')
}
