import { safeName } from '@ledgersync/shared/texts'
import type { Ctx } from '../core/context.ts'
import type { Tx } from '../db/client.ts'
import { queueMessage } from '../messages/service.ts'

interface Recipient {
  id: string
  name: string
  email: string
}

/** What people are told of changes to how they sign in: the subject, and what happened. */
const notices = {
  password_changed: ['Your Ledgersync password was changed', 'your password was changed, and your other sessions have ended.'],
  email_changed: ['Your Ledgersync e-mail was changed', 'your account has another e-mail from now on; mail no longer comes to this one.'],
  username_changed: [
    'Your Ledgersync username was changed',
    'you sign in with another username from now on. You find it on your account page.',
  ],
  phone_changed: ['Your Ledgersync phone was changed', 'the phone that can be used to recover your password was changed or removed.'],
  second_factor_set: [
    'A second factor protects your Ledgersync account',
    'a code of your authenticator app is asked for at each sign-in from now on.',
  ],
  second_factor_removed: ['Your Ledgersync second factor was removed', 'your password alone opens your account from now on.'],
  second_factor_reset: [
    'Your Ledgersync second factor was removed',
    'an administrator of your firm removed your second factor and any passkeys, and your sessions have ended. Your password alone opens your account until you set a new one on your account page.',
  ],
  second_factor_and_password_reset: [
    'Your Ledgersync second factor was removed',
    'an administrator of your firm removed your second factor and any passkeys, and your sessions have ended. Your password is too short to stand alone and stopped working: choose a new one under “Lost your password” on the sign-in page.',
  ],
  passkeys_reset: [
    'Your Ledgersync passkeys were removed',
    'an administrator of your firm removed your passkeys, and your sessions have ended. Sign in with your password, and add a new passkey on your account page.',
  ],
  passkey_added: [
    'A passkey was added to your Ledgersync account',
    'a new passkey opens your account from now on, without the password. Your account page shows it under “Passkeys”.',
  ],
  passkey_removed: [
    'A passkey was removed from your Ledgersync account',
    'a passkey of yours opens your account no longer. Your password does as before.',
  ],
  password_changed_passkeys_removed: [
    'Your Ledgersync password was changed',
    'your password was changed by a link, your sessions have ended, and your passkeys were removed. Add those you want to keep using on your account page.',
  ],
  recovery_code_used: [
    'A recovery code opened your Ledgersync account',
    'somebody gave a recovery code in place of a code of your authenticator app. It is used up.',
  ],
  recovery_codes_renewed: ['You have new Ledgersync recovery codes', 'new recovery codes were made, and the old ones stopped working.'],
  locked: [
    'Somebody tries to sign in to your Ledgersync account',
    'there were ten wrong passwords in a row, so sign-in with your username is closed for a while. Your account is safe. Browsers where you have signed in before are not affected.',
  ],
} as const

/** Mails the person what happened to how they sign in, in the verb's transaction. */
export async function tell(tx: Tx, ctx: Ctx, what: keyof typeof notices, to: Recipient): Promise<void> {
  const [subject, happened] = notices[what]
  const body = [
    `Hello ${safeName(to.name)},`,
    happened,
    'If this was not you, choose “Lost your password” on the sign-in page at once, and tell an administrator of your firm.',
  ].join('\n\n')
  await queueMessage(tx, ctx, { purpose: 'verification', channel: 'email', staffId: to.id, to: to.email, subject, body })
}
