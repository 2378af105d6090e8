import { TOTP } from 'otpauth'
import { hashPassword } from '../src/auth/password.ts'
import type { Person } from './factories.ts'
import type { TestApp } from './harness.ts'

/** What everybody's password is here. */
export const password = 'copper lantern over the bay'

/** Gives a member of staff the password, so that they can sign in. */
export async function givePassword(product: TestApp, { staffId }: Person, given = password): Promise<void> {
  await product.admin.query('update staff set password_hash = $1 where id = $2', [await hashPassword(given), staffId])
}

/** Mails to an address, oldest first. */
export const mailsTo = (product: TestApp, email: string): { subject: string; text: string }[] =>
  product.network.sendgrid
    .messages()
    .filter(({ to }) => to.email === email)
    .map(({ subject, text }) => ({ subject, text: text ?? '' }))

/** What the newest mail to an address that has any says there. Of two that were queued one after the other either may go first. */
const newestOf = (product: TestApp, email: string, pattern: RegExp): string =>
  mailsTo(product, email)
    .flatMap(({ text }) => pattern.exec(text)?.[1] ?? [])
    .at(-1) ?? ''

/** The code of the newest mail to an address that has one. */
export const codeTo = (product: TestApp, email: string): string => newestOf(product, email, /code is (\d{6})/)

/** The secret of the newest link to choose a password that was mailed to an address. */
export const resetTokenTo = (product: TestApp, email: string): string => newestOf(product, email, /reset-password#([\w-]{43})/)

/** An answer without what is anew in each. */
export function plainly({ status, body }: { status: number; body: unknown }): unknown {
  return { status, body: JSON.parse(JSON.stringify(body).replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'ID')) as unknown }
}

/** Texts to a phone, oldest first. */
export const textsTo = (product: TestApp, phone: string): string[] =>
  product.network.twilio
    .messages()
    .filter(({ to }) => to === phone)
    .map(({ body }) => body)

/** What an authenticator app with the key shows now, or some steps of 30 seconds later. */
export const codeOf = (product: TestApp, secret: string, steps = 0): string =>
  new TOTP({ secret }).generate({ timestamp: product.deps.now().getTime() + steps * 30_000 })
