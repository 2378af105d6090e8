import type pg from 'pg'
import type { Config } from '../../src/config.ts'

/** Secrets that were planted or seen, and where they turned up. */
export interface Canaries {
  note(name: string, secret: string): void
  count(): number
  /** Names of the secrets that stand in a text, with a piece of what is around each. Empty is good. */
  in(text: string): string[]
}

/** Shorter ones would be found in anything. */
const lengthMin = 6

export function createCanaries(): Canaries {
  const names = new Map<string, string>()
  return {
    note(name, secret) {
      if (secret.length >= lengthMin) names.set(secret, name)
    },
    count: () => names.size,
    in(text) {
      const found: string[] = []
      for (const [secret, name] of names) {
        const at = /^\d{6}$/.test(secret) ? text.search(new RegExp(`\\b${secret}\\b`)) : text.indexOf(secret)
        if (at >= 0) found.push(`${name}: …${text.slice(Math.max(0, at - 120), at + 20)}…`)
      }
      return found
    },
  }
}

/** Every row of every table as text, the jobs' included: what somebody reads who gets hold of a backup. */
export async function databaseText(admin: pg.Pool): Promise<string> {
  const { rows: tables } = await admin.query<{ name: string }>(
    `select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname in ('public', 'graphile_worker')`,
  )
  const texts: string[] = []
  for (const { name } of tables) {
    const { rows } = await admin.query<{ text: string }>(`select t::text as text from ${name} t`)
    texts.push(...rows.map(({ text }) => text))
  }
  return texts.join('\n')
}

/** Plants the settings that are secrets. */
export function noteSettings({ note }: Canaries, config: Config): void {
  const { plaid, quickbooks, twilio, sendgrid } = config
  note('the session secret', config.sessionSecret.toString('base64'))
  for (const { key } of config.keyEncryptionKeys) note('a key-encryption key', key.toString('base64'))
  note('the bank provider’s secret', plaid.secret)
  note('the books’ secret', quickbooks.clientSecret)
  note('the books’ secret in a header', Buffer.from(`${quickbooks.clientId}:${quickbooks.clientSecret}`).toString('base64'))
  note('the books’ token for notices', quickbooks.webhookVerifierToken)
  note('the text service’s password', twilio.authToken)
  note('the mail service’s key', sendgrid.apiKey)
}
